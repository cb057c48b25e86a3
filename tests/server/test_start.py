from plugin_gateway.diagnostics import Finding
from plugin_gateway.reload.outcome import Refused
from plugin_gateway.server.start import RefusedError, ServeOptions


def test_a_refused_start_has_the_report_of_check_and_its_findings() -> None:
    finding = Finding(rule="r", message="m")
    error = RefusedError(Refused(findings=(finding,), report="gateway.yaml:1:1: m"))
    assert (error.report, error.findings) == ("gateway.yaml:1:1: m", (finding,))
    assert error.exit_code == 2


def test_without_options_gateway_yaml_decides() -> None:
    options = ServeOptions()
    assert (options.config, options.listen, options.admin, options.wait_s) == (None, "", "", None)
