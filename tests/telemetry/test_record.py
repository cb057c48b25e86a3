import orjson
import pytest
from msgspec.structs import replace

from plugin_gateway.gate.permit import OperationRule
from plugin_gateway.telemetry.record import (
    AccessRecord,
    _members_again,
    approval_of,
    as_json,
    as_text,
    decision_of,
    level_of,
    shown_method,
    with_approval,
)

RULE = OperationRule(method="GET", path_template="/pets/{petId}", operation_id="getPet")
FORWARDED = AccessRecord(
    unix_time_s=1.5,
    method=b"GET",
    target=b"/pets/my-private-pet",
    rule=RULE,
    status=200,
    bytes_in=0,
    bytes_out=12,
    duration_s=0.0034567,
    reason="",
    request_id=b"abc-1",
    client="192.0.2.7",
)


def at(_: float) -> str:
    return "1970-01-01T00:00:01.500Z"


def test_a_forwarded_call_is_named_by_its_operation_and_template() -> None:
    assert orjson.loads(as_json(FORWARDED, at)) == {
        "time": "1970-01-01T00:00:01.500Z",
        "level": "info",
        "event": "access",
        "request_id": "abc-1",
        "client": "192.0.2.7",
        "method": "GET",
        "operation": "getPet",
        "path": "/pets/{petId}",
        "status": 200,
        "duration_ms": 3.457,
        "bytes_in": 0,
        "bytes_out": 12,
    }


def test_a_credential_that_the_upstream_refused_is_named() -> None:
    rule = replace(RULE, credential="header X-Api-Key")
    refused = FORWARDED._replace(rule=rule, status=502, reason="upstream-credential-refused")
    assert orjson.loads(as_json(refused, at))["credential"] == "header X-Api-Key"
    assert "upstream-credential-refused (header X-Api-Key)" in as_text(refused, at)
    assert "X-Api-Key" not in as_json(refused._replace(reason="upstream-timeout"), at)


def test_the_path_of_a_forwarded_call_is_in_no_line() -> None:
    assert "private" not in as_json(FORWARDED, at)
    assert "private" not in as_text(FORWARDED, at)


def test_a_refusal_has_its_reason_and_no_operation() -> None:
    members = orjson.loads(as_json(FORWARDED._replace(rule=None, status=404, reason="operation-not-found"), at))
    assert members["reason"] == "operation-not-found"
    assert "operation" not in members


def test_a_refusal_says_which_path_was_asked_for_and_the_names_in_its_query() -> None:
    refused = FORWARDED._replace(rule=None, status=404, target=b"/pets/9/secrets?limit=7&who=me%26x")
    members = orjson.loads(as_json(refused, at))
    assert (members["path"], members["query"]) == ("/pets/9/secrets", ["limit", "who"])
    assert "GET /pets/9/secrets ?limit&who" in as_text(refused, at)


@pytest.mark.parametrize(("status", "level"), [(0, "info"), (200, "info"), (404, "info"), (502, "warning")])
def test_failures_of_gateway_and_upstream_are_warnings(status: int, level: str) -> None:
    assert level_of(FORWARDED._replace(status=status)) == level


@pytest.mark.parametrize(
    ("status", "reason", "level"),
    [
        (200, "upstream-closed", "warning"),
        (404, "response-too-large", "warning"),
        (200, "client-gone", "info"),
        (404, "operation-not-found", "info"),
        (202, "approval-needed", "info"),
    ],
)
def test_an_answer_that_is_cut_off_is_a_warning_unless_the_client_left(status: int, reason: str, level: str) -> None:
    assert level_of(FORWARDED._replace(status=status, reason=reason)) == level


@pytest.mark.parametrize("hostile", [b"GET\x1b[31m", b"A\nB", b"\xff\xfe", b"X" * 5000])
def test_a_hostile_method_or_request_id_cannot_forge_or_flood_a_line(hostile: bytes) -> None:
    record = FORWARDED._replace(rule=None, method=hostile, request_id=b'id"\xff', target=b"/" + hostile)
    line = as_text(record, at)
    assert line.isprintable()
    assert len(line) < 500
    json = as_json(record, at)
    assert json.isascii()
    assert json.endswith("}\n")
    assert json.count("\n") == 1
    assert orjson.loads(json)["event"] == "access"
    assert len(shown_method(hostile)) <= 80


def test_the_cause_of_a_failed_call_is_in_both_formats_once() -> None:
    failed = FORWARDED._replace(status=502, reason="upstream-unreachable", cause="10.0.0.1:9: connection refused")
    assert orjson.loads(as_json(failed, at))["cause"] == "10.0.0.1:9: connection refused"
    assert "upstream-unreachable (10.0.0.1:9: connection refused)" in as_text(failed, at)


@pytest.mark.parametrize("hostile", ["a\x1b[31m", "a\nb", "\udc80", "é" * 5000])
def test_a_hostile_cause_cannot_forge_or_flood_a_line(hostile: str) -> None:
    failed = FORWARDED._replace(status=502, cause=hostile)
    assert as_text(failed, at).isprintable()
    assert len(as_text(failed, at)) < 1500
    assert orjson.loads(as_json(failed, at))["event"] == "access"
    assert as_json(failed, at).count("\n") == 1


def test_long_methods_of_callers_do_not_fill_the_cache() -> None:
    before = _members_again.cache_info().currsize
    for number in range(50):
        as_json(FORWARDED._replace(method=b"M" * 30_000 + b"%d" % number), at)
    assert _members_again.cache_info().currsize <= before + 1


@pytest.mark.parametrize(("cause", "told"), [("", "approval 7f"), ("away", "away; approval 7f"), ("approval 7f",) * 2])
def test_the_approval_of_a_call_follows_its_cause(cause: str, told: str) -> None:
    assert with_approval(cause, "7f") == told
    assert approval_of(FORWARDED._replace(cause=told)) == "7f"
    assert approval_of(FORWARDED) == ""


@pytest.mark.parametrize(
    ("status", "reason", "decision"),
    [
        (200, "", "forwarded"),
        (404, "", "forwarded"),
        (404, "operation-not-found", "refused"),
        (404, "upstream-closed", "failed"),
        (413, "request-too-large", "refused"),
        (200, "client-gone", "failed"),
        (202, "approval-needed", "held"),
        (502, "upstream-unreachable", "failed"),
    ],
)
def test_an_answer_of_the_upstream_that_is_cut_off_failed_and_is_no_refusal(
    status: int, reason: str, decision: str
) -> None:
    assert decision_of(FORWARDED._replace(status=status, reason=reason)) == decision
