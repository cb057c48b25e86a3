"""The inner fields: the field lines of a tool call's request to the API, made from the client's field lines."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from plugin_gateway.admission.limits import USER_HEADER
from plugin_gateway.proxy.received import FieldBlock
from plugin_gateway.proxy.wire import FieldLine, RequestFields

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping

# A field about the message or the connection to the endpoint says nothing about the call. These are about the caller.
_PASSED: Final = frozenset(
    {b"accept-language", b"openai-conversation-id", b"traceparent", b"tracestate", b"user-agent", USER_HEADER}
)
ACCEPT: Final = FieldLine(b"accept", b"application/json, */*;q=0.5", b"Accept: application/json, */*;q=0.5\r\n")
_TRACE: Final = {
    "traceparent": re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}"),
    "tracestate": re.compile(
        r"[a-z0-9_*/@-]+=[\x21-\x2b\x2d-\x3c\x3e-\x7e]*(?:,[a-z0-9_*/@-]+=[\x21-\x2b\x2d-\x3c\x3e-\x7e]*){0,31}"
    ),
}
_VALUE: Final = re.compile(rb"[\t\x20-\x7e\x80-\xff]*")
_NAME: Final = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")


def inner_block(
    outer: RequestFields,
    own: Iterable[tuple[bytes, bytes]],
    *,
    length: int = -1,
    forwarded: Container[bytes] = (),
    trace: Mapping[str, str] | None = None,
) -> FieldBlock:
    """Return the field lines for one tool call.

    `own` are the fields of the tool's arguments, which win over the client's. `length` is the length of a body, or -1 without
    one. `forwarded` are the names that the operator forwards, and `trace` the fields of the message's trace context.
    """
    fields: dict[bytes, list[FieldLine]] = {b"accept": [ACCEPT]}
    for field in outer.fields:
        name = field.name
        if (name in _PASSED or name in forwarded or name == b"authorization") and name not in outer.nominated:
            fields.setdefault(name, []).append(field)
    for key, text in (trace or {}).items():
        fields[key.encode()] = [_field(key.encode(), text.encode())]
    mine: dict[bytes, list[FieldLine]] = {}
    for name, value in own:
        mine.setdefault(name, []).append(_field(name, value))
    return FieldBlock(
        RequestFields(
            1,
            (field for group in (fields | mine).values() for field in group),
            content_length=length,
            host=outer.host,
            request_id=outer.request_id,
            authorizations=outer.authorizations,
        )
    )


def trace_of(meta: Mapping[str, object]) -> dict[str, str] | None:
    """Return the trace context in the `_meta` of a message, as header fields; None if there is none (W3C Trace Context, 3)."""
    found = {
        name: value
        for name, form in _TRACE.items()
        if isinstance(value := meta.get(name), str) and len(value) <= 512 and form.fullmatch(value)
    }
    return found if "traceparent" in found else None


def _field(name: bytes, value: bytes) -> FieldLine:
    if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
        # The writers of requests make no such field; a line end in one would be a second field.
        raise ValueError(f"not a field: {name!r}")
    value = value.strip(b" \t")
    return FieldLine(name.lower(), value, name + b": " + value + b"\r\n")
