import json
import os
from typing import Any

from plugin_gateway.diagnostics import Finding, Location, Severity
from plugin_gateway.telemetry.findings import log_findings, members_of
from plugin_gateway.telemetry.log import Log

FINDING = Finding(rule="bad-url", message="no URL", hint="write one", location=Location("g.yaml", 3, 8))


def written(findings: list[Finding], event: str = "") -> list[Any]:
    reader, writer = os.pipe()
    log = Log(fd=writer, format="json")
    log_findings(log, findings, event)
    log.close()
    os.close(writer)
    with os.fdopen(reader) as file:
        return [json.loads(line) for line in file]


def test_each_finding_is_a_line_with_its_place_and_hint_as_members() -> None:
    [first, second] = written([FINDING, Finding(rule="b", message="m", severity=Severity.WARNING)], "start-refused")
    assert {key: first[key] for key in ("level", "event", "rule", "file", "line", "column", "hint")} == {
        "level": "error",
        "event": "start-refused",
        "rule": "bad-url",
        "file": "g.yaml",
        "line": 3,
        "column": 8,
        "hint": "write one",
    }
    assert (second["level"], second["rule"]) == ("warning", "b")
    assert "file" not in second


def test_the_rule_is_the_event_where_no_other_is_given() -> None:
    assert [line["event"] for line in written([FINDING])] == ["bad-url"]


def test_empty_members_are_left_out() -> None:
    assert members_of(Finding(rule="r", message="m")) == {"rule": "r", "severity": "error"}
