from collections import Counter
from xml.etree import ElementTree as ET

from msgspec.structs import replace

from plugin_gateway.diagnostics import Location, Severity
from plugin_gateway.hostile.campaign import Leak, Outcome
from plugin_gateway.hostile.case import Case, Feature
from plugin_gateway.hostile.report import findings_of, junit_of, table_of

WHERE = Location("gateway.yaml", 3, 1)
CASE = Case(feature=Feature.ECHO, name="as <hex>", octets=b"GET /a&b HTTP/1.1\r\n\r\n", entry="GET /a")
LEAK = Leak(case=CASE, caller="tom", what="the answer shows a secret")


def outcome(leaks: list[Leak], silent: list[str]) -> Outcome:
    return Outcome(played=Counter({Feature.CONTROL: 2, Feature.ECHO: 5}), leaks=leaks, silent=silent)


def test_a_leak_is_an_error_at_the_allow_list_that_quotes_the_sent_request() -> None:
    [finding] = findings_of(outcome([LEAK], []), WHERE)
    assert (finding.rule, finding.severity, finding.location) == ("attack-echo", Severity.ERROR, WHERE)
    assert finding.message == "`GET /a`, as <hex> as `tom`: the answer shows a secret; sent `GET /a&b HTTP/1.1`"


def test_an_attack_that_proves_nothing_is_an_error() -> None:
    [finding] = findings_of(outcome([], ["GET /a", "GET /b"]), WHERE)
    assert (finding.rule, finding.severity) == ("attack-control", Severity.ERROR)


def test_an_operation_that_was_not_forwarded_is_a_note() -> None:
    [finding] = findings_of(outcome([], ["GET /a"]), WHERE)
    assert (finding.severity, "`GET /a`" in finding.message) == (Severity.NOTE, True)


def test_a_held_operation_without_a_forwarded_call_gets_a_note_and_does_not_count_as_silent() -> None:
    found = replace(outcome([], ["GET /a"]), unsent=["PUT /b"])
    assert not found.proves_nothing
    notes = [finding for finding in findings_of(found, WHERE) if "`PUT /b`" in finding.message]
    assert [finding.severity for finding in notes] == [Severity.NOTE]


def test_the_table_counts_held_and_leaked_attacks() -> None:
    assert [
        line.split("  ")[0] + "|" + line.split("  ")[-1].strip() for line in table_of(outcome([LEAK, LEAK], ["x"]))
    ] == [
        "allowed calls|1 of 2 forwarded",
        "echoed secrets|4 held, 1 LEAKED",
    ]


def test_the_junit_report_is_xml_with_a_failure_for_each_leaking_feature() -> None:
    suite = ET.fromstring(junit_of(outcome([LEAK], [])))
    # The schema of Jenkins requires all three.
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("2", "1", "0")
    [failure] = suite.iter("failure")
    assert "as <hex>" in (failure.text or "")
    silent = ET.fromstring(junit_of(outcome([], ["GET /a", "GET /b"])))
    assert silent.get("failures") == "1"
