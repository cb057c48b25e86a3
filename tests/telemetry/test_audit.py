import logging
from pathlib import Path
from typing import Any

import orjson
import pytest

from plugin_gateway.gate.permit import OperationRule
from plugin_gateway.telemetry.audit import Audit, AuditTerms
from plugin_gateway.telemetry.record import AccessRecord

RULE = OperationRule(method="GET", path_template="/users/{user}/notes/{note}", operation_id="getNote")
TERMS = AuditTerms(frozenset(), "sha256:one")


def record(**more: Any) -> AccessRecord:
    base = AccessRecord(
        unix_time_s=0.0, method=b"GET", target=b"/users/tom/notes/a%20b", rule=RULE, status=200, bytes_in=0, bytes_out=9,
        duration_s=0.1, reason="", request_id=b"r1", client="192.0.2.1", consumer="agent",
    )  # fmt: skip
    return base._replace(**more)


def lines(file: Path) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in file.read_bytes().splitlines()]


def written(tmp_path: Path, one: AccessRecord, terms: AuditTerms = TERMS) -> dict[str, Any]:
    file = tmp_path / "audit.jsonl"
    audit = Audit(lambda at: f"at {at}")
    audit.adopt(str(file), terms, (RULE,), 1.0)
    audit.add([one])
    return lines(file)[-1]


def test_an_entry_says_who_did_what_by_which_revision(tmp_path: Path) -> None:
    entry = written(tmp_path, record())
    assert {name: entry[name] for name in entry if name != "prev"} == {
        "seq": 2,
        "time": "at 0.0",
        "event": "call",
        "request_id": "r1",
        "client": "192.0.2.1",
        "caller": "agent",
        "method": "GET",
        "operation": "getNote",
        "path": "/users/{user}/notes/{note}",
        "decision": "forwarded",
        "status": 200,
        "revision": "sha256:one",
    }


@pytest.mark.parametrize(
    ("more", "decision"),
    [
        ({}, "forwarded"),
        ({"status": 404}, "forwarded"),
        ({"status": 503}, "forwarded"),
        ({"status": 0, "reason": "client-gone"}, "forwarded"),
        ({"status": 202, "reason": "approval-needed"}, "held"),
        ({"status": 429, "reason": "rate-limited"}, "refused"),
        ({"status": 404, "reason": "operation-not-found", "rule": None}, "refused"),
        ({"status": 502, "reason": "upstream-unreachable"}, "failed"),
        ({"rule": None}, "answered"),
    ],
)
def test_an_entry_says_what_the_gateway_decided(tmp_path: Path, more: dict[str, Any], decision: str) -> None:
    assert written(tmp_path, record(**more))["decision"] == decision


def test_an_entry_names_the_approval_of_its_call(tmp_path: Path) -> None:
    assert written(tmp_path, record(cause="approval 7f"))["approval"] == "7f"


def test_only_listed_values_are_written(tmp_path: Path) -> None:
    secret = record(target=b"/users/tom/notes/a%20b?q=secret")
    assert b"tom" not in orjson.dumps(written(tmp_path, secret))
    entry = written(tmp_path, secret, AuditTerms(frozenset({"note", "other"}), ""))
    assert entry["values"] == {"note": "a b"}
    assert b"tom" not in orjson.dumps(entry)
    assert b"secret" not in orjson.dumps(entry)


def test_the_path_of_a_refused_call_is_not_written(tmp_path: Path) -> None:
    entry = written(tmp_path, record(rule=None, target=b"/users/tom", status=404, reason="operation-not-found"))
    assert b"tom" not in orjson.dumps(entry)


def test_a_long_value_is_cut(tmp_path: Path) -> None:
    entry = written(
        tmp_path, record(target=b"/users/" + b"x" * 1000 + b"/notes/1"), AuditTerms(frozenset({"user"}), "")
    )
    assert entry["values"] == {"user": "x" * 200}


def test_a_call_that_began_before_a_reload_belongs_to_the_revision_before(tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    audit = Audit(str)
    audit.adopt(str(file), TERMS, (RULE,), 0.0)
    new = OperationRule(method="GET", path_template="/users/{user}/notes/{note}", operation_id="getNote")
    audit.adopt(str(file), AuditTerms(frozenset(), "sha256:two"), (new,), 0.0)
    audit.add([record(), record(rule=new), record(rule=None)])
    assert [entry["revision"] for entry in lines(file)] == [
        "sha256:one", "sha256:two", "sha256:one", "sha256:two", "sha256:two",
    ]  # fmt: skip


def test_the_same_revision_again_adds_no_entry(tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    audit = Audit(str)
    audit.adopt(str(file), TERMS, (RULE,), 0.0)
    audit.adopt(str(file), TERMS, (RULE,), 0.0)
    assert [entry["event"] for entry in lines(file)] == ["revision"]


def test_a_reload_can_move_and_end_the_audit(tmp_path: Path) -> None:
    audit = Audit(str)
    for name in ("one.jsonl", "two.jsonl"):
        audit.adopt(str(tmp_path / name), TERMS, (RULE,), 0.0)
        audit.add([record()])
    audit.close()
    audit.add([record()])
    assert [len(lines(tmp_path / name)) for name in ("one.jsonl", "two.jsonl")] == [2, 2]
    assert audit.lost == 0


def test_an_audit_that_cannot_be_written_is_reported_once_and_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "gone"
    audit = Audit(str)
    with caplog.at_level(logging.WARNING, "plugin_gateway.audit"):
        audit.adopt(str(folder / "audit.jsonl"), TERMS, (RULE,), 0.0)
        audit.add([record()])
        audit.add([])  # as when no call came
        folder.mkdir()
        audit.add([record()])
    assert [one.__dict__["event"] for one in caplog.records] == ["audit-failed", "audit-restored"]
    assert audit.lost == 2
