from __future__ import annotations

from typing import Any

import pytest

from plugin_gateway.gate.permit import OperationRule
from plugin_gateway.proxy.call import Call, Client
from plugin_gateway.proxy.received import Received
from plugin_gateway.proxy.wire import read_request_fields
from plugin_gateway.telemetry.record import AccessRecord

RULE = OperationRule(method="GET", path_template="/p", operation_id="p")


def test_a_record_has_the_known_facts_and_no_header_or_query() -> None:
    request = read_request_fields(b"Host: a\r\nAuthorization: s3cret\r\nX-Request-Id: r\r\n", 1)
    call = Call(Client(), Received(request, b"GET", b"/p", RULE))
    call.status, call.bytes_in, call.bytes_out = 200, 1, 2
    record = call.record("upstream-closed", "10.0.0.1")
    assert isinstance(record, AccessRecord)
    assert record[1:7] == (b"GET", b"/p", RULE, 200, 1, 2)
    assert record[8:13] == ("upstream-closed", b"r", "10.0.0.1", "", "")
    assert record.duration_s >= 0
    assert "s3cret" not in repr(record)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("start", {"body": b"", "is_whole": True}),
        ("send", {"data": b"", "is_last": True}),
        ("cancel", {}),
        ("pause_answer", {}),
        ("resume_answer", {}),
    ],
)
def test_a_subclass_of_call_must_implement_each_step(name: str, arguments: dict[str, Any]) -> None:
    call = Call(Client(), Received(read_request_fields(b"", 0), b"GET", b"/"))
    call.on_tick(0.0)
    with pytest.raises(NotImplementedError):
        getattr(call, name)(**arguments)
