from plugin_gateway.diagnostics import Finding, Severity
from plugin_gateway.export.targets.rule import Target
from plugin_gateway.reports.judged import judge_targets, verdict
from tests.shop import built

WARNING = Finding(rule="a", severity=Severity.WARNING, message="a")
ERROR = Finding(rule="b", message="b")


def test_each_target_gets_its_own_findings_with_their_lines_of_the_config() -> None:
    judged = judge_targets(built(), [Target.CHATGPT, Target.M365])

    assert list(judged) == [Target.CHATGPT, Target.M365]
    assert all(one.location is not None for found in judged.values() for one in found)


def test_without_targets_nothing_is_judged() -> None:
    assert judge_targets(built(), []) == {}


def test_only_an_error_refuses() -> None:
    assert verdict(()) == "fits"
    assert verdict((WARNING,)) == "fits, 1 warning"
    assert verdict((WARNING, ERROR)).startswith("does not fit, ")
