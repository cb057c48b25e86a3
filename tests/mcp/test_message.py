"""Messages: what is read as a request, a notification or a response, and what is refused with which code."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.mcp.message import (
    INVALID_PARAMS,
    INVALID_REQUEST,
    MOST_IN_BATCH,
    PARSE_ERROR,
    Fault,
    Message,
    as_json,
    error_response,
    notification,
    read,
    response,
)


@pytest.mark.parametrize(
    ("text", "id_", "method", "params"),
    [
        ('{"jsonrpc":"2.0","id":1,"method":"m"}', b"1", "m", {}),
        ('{"jsonrpc":"2.0","id":"a\\"b","method":"m","params":{"x":[1]}}', b'"a\\"b"', "m", {"x": [1]}),
        ('{"jsonrpc":"2.0","id":-7,"method":"m","other":true}', b"-7", "m", {}),
        (
            '{"jsonrpc":"2.0","id":123456789012345678901234567890,"method":"m"}',
            b"123456789012345678901234567890",
            "m",
            {},
        ),
        ('{"jsonrpc":"2.0","method":"notifications/initialized"}', b"", "notifications/initialized", {}),
        ('{"jsonrpc":"2.0","id":1,"result":{}}', b"", "", {}),
        ('{"jsonrpc":"2.0","id":null,"error":{"code":1}}', b"", "", {}),
    ],
)
def test_a_message_is_read(text: str, id_: bytes, method: str, params: Any) -> None:
    message = read(text.encode())

    assert isinstance(message, Message)
    assert (message.id, message.method, message.params) == (id_, method, params)


@pytest.mark.parametrize(
    ("text", "code", "id_"),
    [
        (b"", PARSE_ERROR, b"null"),
        (b"{", PARSE_ERROR, b"null"),
        (b'{"jsonrpc":"2.0","id":1,"method":"m\xff"}', PARSE_ERROR, b"null"),
        (b'{"jsonrpc":"2.0","id":1,"method":"m","params":{"x":NaN}}', PARSE_ERROR, b"null"),
        (b'{"jsonrpc":"2.0","id":1,"method":"m","params":{"x":"\\ud800"}}', PARSE_ERROR, b"null"),
        (
            b'{"jsonrpc":"2.0","id":1,"method":"m","params":{"x":' + b"[" * 5000 + b"]" * 5000 + b"}}",
            PARSE_ERROR,
            b"null",
        ),
        (b'{"jsonrpc":"2.0","id":1,"method":"m","params":{"x":' + b"9" * 5000 + b"}}", PARSE_ERROR, b"null"),
        (b"1", INVALID_REQUEST, b"null"),
        (b"null", INVALID_REQUEST, b"null"),
        (b"[]", INVALID_REQUEST, b"null"),
        (b'{"id":1,"method":"m"}', INVALID_REQUEST, b"1"),
        (b'{"jsonrpc":2.0,"id":1,"method":"m"}', INVALID_REQUEST, b"1"),
        (b'{"jsonrpc":"2.0","id":null,"method":"m"}', INVALID_REQUEST, b"null"),
        (b'{"jsonrpc":"2.0","id":true,"method":"m"}', INVALID_REQUEST, b"null"),
        (b'{"jsonrpc":"2.0","id":1.5,"method":"m"}', INVALID_REQUEST, b"null"),
        (b'{"jsonrpc":"2.0","id":[1],"method":"m"}', INVALID_REQUEST, b"null"),
        (b'{"jsonrpc":"2.0","id":1}', INVALID_REQUEST, b"1"),
        (b'{"jsonrpc":"2.0","id":1,"method":7}', INVALID_REQUEST, b"1"),
        (b'{"jsonrpc":"2.0","id":1,"method":"m","params":[1]}', INVALID_PARAMS, b"1"),
        (b'{"jsonrpc":"2.0","id":1,"method":"m","params":null}', INVALID_PARAMS, b"1"),
    ],
)
def test_a_malformed_message_is_refused(text: bytes, code: int, id_: bytes) -> None:
    fault = read(text)

    assert isinstance(fault, Fault)
    assert (fault.code, fault.id) == (code, id_)


def test_a_batch_keeps_its_order_and_reports_each_malformed_member() -> None:
    found = read(b'[{"jsonrpc":"2.0","id":1,"method":"m"},3]')

    assert isinstance(found, list)
    assert [type(one) for one in found] == [Message, Fault]


def test_a_batch_has_a_limit() -> None:
    one = '{"jsonrpc":"2.0","id":1,"method":"m"}'

    assert isinstance(read(f"[{','.join([one] * MOST_IN_BATCH)}]".encode()), list)
    assert isinstance(read(f"[{','.join([one] * (MOST_IN_BATCH + 1))}]".encode()), Fault)


@given(
    st.dictionaries(
        st.text(), st.integers(-(10**40), 10**40) | st.text() | st.floats(allow_nan=False, allow_infinity=False)
    )
)
def test_arguments_are_read_exactly(params: Any) -> None:
    for arguments in (params, {"deep": [params]}):
        call = {"name": "t", "arguments": arguments}
        message = read(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}).encode())

        assert isinstance(message, Message)
        assert message.params == call


@given(st.integers() | st.text())
def test_a_response_has_the_id_of_its_request(id_: int | str) -> None:
    message = read(json.dumps({"jsonrpc": "2.0", "id": id_, "method": "m"}).encode())

    assert isinstance(message, Message)
    assert json.loads(response(message.id, b"{}")) == {"jsonrpc": "2.0", "id": id_, "result": {}}
    assert json.loads(error_response(Fault(1, "no").for_request(message.id)))["id"] == id_


def test_an_error_has_data_only_if_there_is_some() -> None:
    assert json.loads(error_response(Fault(1, "no")))["error"] == {"code": 1, "message": "no"}
    assert json.loads(error_response(Fault(1, "no", data=[2])))["error"]["data"] == [2]


def test_a_notification_has_no_id() -> None:
    assert json.loads(notification("n", {"a": 1})) == {"jsonrpc": "2.0", "method": "n", "params": {"a": 1}}


def test_json_is_written_beyond_the_bounds_of_orjson_and_never_fails() -> None:
    assert as_json(12345678901234567890123) == b"12345678901234567890123"
    deep: list[Any] = []
    for _ in range(900):
        deep = [deep]
    assert as_json(deep) in (b"", json.dumps(deep).encode())
    assert notification("m", {"n": 2**70}) == b'{"jsonrpc":"2.0","method":"m","params":{"n":%d}}' % 2**70
    assert json.loads(error_response(Fault(-1, "x", data={"n": 2**70})))["error"]["data"] == {"n": 2**70}
    # A lone surrogate in an id.
    assert read(b'{"jsonrpc":"2.0","id":"\\ud800","method":"m"}')
