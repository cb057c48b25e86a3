"""A JSON-RPC message: reads requests and notifications strictly, and writes responses."""

from __future__ import annotations

import json
import re
from typing import Any, Final, TypeAlias

import orjson

PARSE_ERROR: Final = -32700
INVALID_REQUEST: Final = -32600
METHOD_NOT_FOUND: Final = -32601
INVALID_PARAMS: Final = -32602
INTERNAL_ERROR: Final = -32603
RESOURCE_NOT_FOUND: Final = -32002
"""In legacy revisions only; the modern one has INVALID_PARAMS for it."""
HEADER_MISMATCH: Final = -32020
UNSUPPORTED_VERSION: Final = -32022

MOST_IN_BATCH: Final = 50
"""Each message of a batch may be a call, so a longer batch would let one request take the place of many."""
NO_ID: Final = b"null"
# orjson reads an integer over 64 bits as a float, which would change the value on its way up.
_LONG_INTEGER: Final = re.compile(rb"[0-9]{19}")
_NO_PARAMS: Final[dict[str, Any]] = {}


class Message:
    """A request (`id` is its JSON), or a notification or response (`id` is empty). A response has no `method`."""

    __slots__ = ("id", "meta", "method", "params")

    def __init__(self, id_: bytes, method: str, params: dict[str, Any]) -> None:
        self.id = id_
        self.method = method
        self.params = params
        meta = params.get("_meta")
        self.meta: dict[str, Any] = meta if isinstance(meta, dict) else _NO_PARAMS
        """The `_meta` of the parameters; empty if there is none."""


class Fault:
    """A JSON-RPC error: why a message gets no result."""

    __slots__ = ("code", "data", "id", "message")

    def __init__(self, code: int, message: str, id_: bytes = NO_ID, data: Any = None) -> None:
        self.code = code
        self.message = message
        self.id = id_
        self.data = data

    def for_request(self, id_: bytes) -> Fault:
        """Return the same error as the answer to a request."""
        return Fault(self.code, self.message, id_, self.data)


Read: TypeAlias = "Message | Fault"


def read(data: bytes) -> Read | list[Read]:
    """Read the body of a POST or a line of a stream: one message, or a batch of them."""
    try:
        value = orjson.loads(data)
        if not (isinstance(value, dict) and _is_exact(value)):
            value = _with_long_integers(value, data)
    except (ValueError, RecursionError):
        return Fault(PARSE_ERROR, "The message is not JSON in UTF-8.")
    if isinstance(value, dict):
        return _message(value)
    if not isinstance(value, list):
        return Fault(INVALID_REQUEST, "A message is a JSON object.")
    if not value:
        return Fault(INVALID_REQUEST, "The batch is empty.")
    if len(value) > MOST_IN_BATCH:
        return Fault(INVALID_REQUEST, f"A batch may have at most {MOST_IN_BATCH} messages.")
    return [
        _message(member) if isinstance(member, dict) else Fault(INVALID_REQUEST, "A message is a JSON object.")
        for member in value
    ]


def read_text(text: str) -> Any:
    """Read JSON that a client wrote into a string, with integers of any length.

    Raises:
        RecursionError: it is nested too deeply.
        ValueError: it is not JSON.
    """
    data = text.encode()
    return _with_long_integers(orjson.loads(data), data)


def _with_long_integers(value: Any, data: bytes) -> Any:
    return json.loads(data) if _LONG_INTEGER.search(data) else value


def _is_exact(value: dict[str, Any]) -> bool:
    """Whether parsing changed no value. Only the id and the arguments of a tool call are compared.

    Parsing turns a long integer into a float. So a message is compared further if one of them is a float, a list or an object.
    """
    params = value.get("params", _NO_PARAMS)
    arguments = params.get("arguments", _NO_PARAMS) if type(params) is dict else None
    if type(arguments) is not dict or type(value.get("id")) is float:
        return False
    for argument in arguments.values():
        kind = type(argument)
        if kind is not str and (kind is float or kind is dict or kind is list):
            return False
    return True


def _message(value: dict[str, Any]) -> Message | Fault:
    id_ = NO_ID
    if "id" in value:
        given = value["id"]
        # `true` is an int in Python. JSON-RPC allows null and fractions as ids, MCP does not.
        if type(given) is int or isinstance(given, str):
            id_ = as_json(given)
        elif "method" in value or given is not None:
            return Fault(INVALID_REQUEST, "`id` must be a string or an integer.")
    if value.get("jsonrpc") != "2.0":
        return Fault(INVALID_REQUEST, 'A message has `"jsonrpc": "2.0"`.', id_)
    if "method" not in value:
        if "result" in value or "error" in value:
            return Message(b"", "", {})
        return Fault(INVALID_REQUEST, "A message has a `method`.", id_)
    method, params = value["method"], value.get("params", _NO_PARAMS)
    if not isinstance(method, str):
        return Fault(INVALID_REQUEST, "`method` must be a string.", id_)
    if not isinstance(params, dict):
        return Fault(INVALID_PARAMS, "`params` must be an object.", id_)
    return Message(b"" if id_ is NO_ID else id_, method, params)


def response(id_: bytes, result: bytes) -> bytes:
    """Return the response to a request, from the JSON of its id and of its result."""
    return b"".join((b'{"jsonrpc":"2.0","id":', id_, b',"result":', result, b"}"))


def error_response(fault: Fault) -> bytes:
    """Return the error response for a fault."""
    error: dict[str, Any] = {"code": fault.code, "message": fault.message}
    if fault.data is not None:
        error["data"] = fault.data
    return b"".join((b'{"jsonrpc":"2.0","id":', fault.id, b',"error":', as_json(error), b"}"))


def notification(method: str, params: dict[str, Any]) -> bytes:
    """Return a notification to the client."""
    return as_json({"jsonrpc": "2.0", "method": method, "params": params})


def as_json(value: Any) -> bytes:
    """Return the JSON of a value that was read from JSON; empty if it is nested too deeply to be written.

    orjson writes no integers over 64 bits and no more than 254 levels, but reads 1,024 of them.
    """
    try:
        return orjson.dumps(value)
    except TypeError:
        try:
            return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        except RecursionError:
            return b""


def quoted(text: str) -> bytes:
    """Return the text as a JSON string."""
    return orjson.dumps(text)
