"""Mirrors: header fields must repeat the method, the name and the marked arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from plugin_gateway.mcp.head import Head
from plugin_gateway.mcp.message import HEADER_MISMATCH, Message
from plugin_gateway.mcp.mirror import Mirror, decoded, lines_of_client, mismatch
from plugin_gateway.proxy.in_process import field_block
from plugin_gateway.revision.mcp import McpSettings

if TYPE_CHECKING:
    from plugin_gateway.mcp.message import Fault


MARKED = {"t": ((b"region", ("region",)), (b"deep", ("a", "b")))}


def mirror_of(*fields: tuple[bytes, bytes]) -> Mirror:
    request = field_block([(b"host", b"localhost"), (b"content-type", b"application/json"), *fields]).request
    return Mirror(request, Head(request, McpSettings()))


def fault_of(fields: Any, method: str = "tools/call", params: Any = None) -> Fault | None:
    return mismatch(mirror_of(*fields), Message(b"1", method, {"name": "t"} if params is None else params), MARKED)


CALL = ((b"mcp-method", b"tools/call"), (b"mcp-name", b"t"))


@pytest.mark.parametrize(
    ("fields", "method", "params"),
    [
        ([(b"mcp-method", b"tools/list")], "tools/list", {}),
        ([(b"mcp-method", b"  tools/list ")], "tools/list", {}),
        (CALL, "tools/call", None),
        ([(b"mcp-method", b"tools/call"), (b"mcp-name", b"=?base64?dA==?=")], "tools/call", None),
        ([(b"mcp-method", b"resources/read"), (b"mcp-name", b"file:///x")], "resources/read", {"uri": "file:///x"}),
        ([*CALL, (b"mcp-param-other", b"x")], "tools/call", {"name": "t", "arguments": {}}),
        ([*CALL, (b"mcp-param-region", b"eu")], "tools/call", {"name": "t", "arguments": {"region": "eu"}}),
        ([*CALL, (b"mcp-param-region", b"42.0")], "tools/call", {"name": "t", "arguments": {"region": 42}}),
        ([*CALL, (b"mcp-param-region", b"true")], "tools/call", {"name": "t", "arguments": {"region": True}}),
        ([*CALL, (b"mcp-param-deep", b"x")], "tools/call", {"name": "t", "arguments": {"a": {"b": "x"}}}),
        (CALL, "tools/call", {"name": "t", "arguments": {"region": None}}),
    ],
)
def test_fields_that_repeat_the_message_pass(fields: Any, method: str, params: Any) -> None:
    assert fault_of(fields, method, params) is None


@pytest.mark.parametrize(
    ("fields", "method", "params"),
    [
        ([], "tools/list", {}),
        ([(b"mcp-method", b"TOOLS/LIST")], "tools/list", {}),
        ([(b"mcp-method", b"tools/list"), (b"mcp-method", b"tools/list")], "tools/list", {}),
        ([(b"mcp-method", b"tools/call")], "tools/call", None),
        ([(b"mcp-method", b"tools/call"), (b"mcp-name", b"u")], "tools/call", None),
        ([(b"mcp-method", b"tools/call"), (b"mcp-name", b"t")], "tools/call", {}),
        ([(b"mcp-method", b"tools/call"), (b"mcp-name", b"7")], "tools/call", {"name": 7}),
        (CALL, "tools/call", {"name": "t", "arguments": {"region": "eu"}}),
        ([*CALL, (b"mcp-param-region", b"us")], "tools/call", {"name": "t", "arguments": {"region": "eu"}}),
        ([*CALL, (b"mcp-param-region", b"eu")], "tools/call", {"name": "t", "arguments": {}}),
        ([*CALL, (b"mcp-param-region", b"eu")], "tools/call", {"name": "t", "arguments": {"region": None}}),
        ([*CALL, (b"mcp-param-region", b"1")], "tools/call", {"name": "t", "arguments": {"region": True}}),
        ([*CALL, (b"mcp-param-region", b"=?base64?ZXU?=")], "tools/call", {"name": "t", "arguments": {"region": "eu"}}),
        (
            [*CALL, (b"mcp-param-region", b"eu"), (b"mcp-param-region", b"eu")],
            "tools/call",
            {"name": "t", "arguments": {"region": "eu"}},
        ),
    ],
)
def test_fields_that_say_something_else_are_refused(fields: Any, method: str, params: Any) -> None:
    fault = fault_of(fields, method, params)

    assert fault is not None
    assert fault.code == HEADER_MISMATCH


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"us-west1", "us-west1"),
        (b"=?base64?SGVsbG8sIOS4lueVjA==?=", "Hello, \u4e16\u754c"),
        (b"=?base64?SGVsbG8?=", None),
        (b"=?base64?SGVs!!!bG8=?=", None),
        (b"=?base64?/w==?=", None),
        (b"SGVsbG8=", "SGVsbG8="),
        (b"=?base64?SGVsbG8=", "=?base64?SGVsbG8="),
        (b"=?BASE64?SGVsbG8=?=", "=?BASE64?SGVsbG8=?="),
        (b"caf\xe9", None),
    ],
)
def test_a_mirrored_value_is_decoded(value: Any, text: str | None) -> None:
    assert decoded([value]) == text


def test_a_missing_field_is_empty_and_a_repeated_one_is_malformed() -> None:
    assert decoded([]) == ""
    assert decoded([b"a", b"a"]) is None


def test_the_fields_of_marked_arguments_are_found_by_the_end_of_their_name() -> None:
    assert mirror_of((b"mcp-param-region", b"eu"), (b"mcp-param-size", b"=?base64?!?=")).parameters == {
        b"region": "eu",
        b"size": None,
    }
    assert mirror_of().parameters is None


def test_the_lines_of_a_client_do_not_depend_on_its_messages() -> None:
    def lines(*fields: tuple[bytes, bytes]) -> tuple[bytes, ...]:
        return lines_of_client(field_block([(b"host", b"localhost"), *fields]).request)

    of_message = [(b"content-length", b"7"), (b"mcp-method", b"m"), (b"mcp-name", b"n"), (b"mcp-param-region", b"eu")]
    assert lines(*of_message) == lines()
    assert lines((b"authorization", b"Bearer a")) != lines((b"authorization", b"Bearer b")) != lines()
    assert lines((b"transfer-encoding", b"chunked")) != lines()
