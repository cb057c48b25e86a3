import pytest

from plugin_gateway.diagnostics import Finding, Location, Severity, in_file_order, summary

LOCATED = Finding(rule="bad-value", message="not a level", location=Location("gateway.yaml", 12, 9))
LOOSE = Finding(rule="odd", message="something is odd", severity=Severity.WARNING)
NOTE = Finding(rule="r", message="m", severity=Severity.NOTE)


def test_findings_come_in_file_order() -> None:
    later = LOCATED.at(Location("gateway.yaml", 20, 1))

    assert in_file_order([later, LOCATED, LOOSE]) == [LOOSE, LOCATED, later]


@pytest.mark.parametrize(
    ("findings", "text"),
    [
        ([], "no findings"),
        ([LOCATED], "1 error"),
        ([LOCATED, LOOSE, LOCATED], "2 errors, 1 warning"),
        ([LOOSE] * 2, "2 warnings"),
        ([NOTE] * 2, "2 notes"),
    ],
    ids=lambda value: value if isinstance(value, str) else str(len(value)),
)
def test_the_summary_counts(findings: list[Finding], text: str) -> None:
    assert summary(findings) == text
