from plugin_gateway.diagnostics import Finding, Severity
from plugin_gateway.export.platforms.rule import Platform
from plugin_gateway.reports.judged import judge_by_platform, verdict
from tests.shop import built

WARNING = Finding(rule="a", severity=Severity.WARNING, message="a")
ERROR = Finding(rule="b", message="b")


def test_each_platform_gets_its_own_findings_with_their_lines_of_the_config() -> None:
    judged = judge_by_platform(built(), [Platform.CHATGPT, Platform.M365])

    assert list(judged) == [Platform.CHATGPT, Platform.M365]
    assert all(one.location is not None for found in judged.values() for one in found)


def test_without_platforms_nothing_is_judged() -> None:
    assert judge_by_platform(built(), []) == {}


def test_only_an_error_refuses() -> None:
    assert verdict(()) == "fits"
    assert verdict((WARNING,)) == "fits, 1 warning"
    assert verdict((WARNING, ERROR)).startswith("does not fit, ")
