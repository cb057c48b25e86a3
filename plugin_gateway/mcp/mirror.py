"""A mirror: header fields that repeat parts of a message for intermediaries, and must say the same as the message."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from plugin_gateway.mcp.message import HEADER_MISMATCH, Fault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plugin_gateway.mcp.head import Head
    from plugin_gateway.mcp.message import Message

_NAMED_BY: Final = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
_INTEGER: Final = re.compile(r"(-?[0-9]{1,16})(?:\.0{1,16})?")
_SHOWN: Final = 64


def mismatch(
    head: Head, message: Message, mirrored: Mapping[str, tuple[tuple[bytes, tuple[str, ...]], ...]]
) -> Fault | None:
    """Return the fault of a modern request whose header fields do not repeat its method, its name and the marked arguments."""
    method = message.method
    if head.method != method:
        return _fault("Mcp-Method", head.method, method)
    member = _NAMED_BY.get(method)
    if member is None:
        return None
    name = message.params.get(member, "")
    if head.name != name or not name:
        return _fault("Mcp-Name", head.name, name) if head.name or name else None
    marked = mirrored.get(name) if method == "tools/call" else None
    return _wrong_parameter(head.parameters or {}, marked, message.params.get("arguments")) if marked else None


def _wrong_parameter(
    fields: Mapping[bytes, str | None], marked: tuple[tuple[bytes, tuple[str, ...]], ...], arguments: Any
) -> Fault | None:
    for end, path in marked:
        value = arguments
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        said = fields.get(end, "")
        is_said = end in fields
        if (value is None) == is_said or (is_said and not _is_same(said, value)):
            return _fault(f"Mcp-Param-{end.decode('latin-1').title()}", said if is_said else "", value)
    return None


def _is_same(said: str | None, value: Any) -> bool:
    if said is None:
        return False
    if isinstance(value, bool):
        return said == ("true" if value else "false")
    if isinstance(value, int | float):
        number = _INTEGER.fullmatch(said)
        return number is not None and int(number[1]) == value
    return isinstance(value, str) and said == value


def _fault(field: str, said: str | None, value: Any) -> Fault:
    if said is None:
        return Fault(HEADER_MISMATCH, f"Header mismatch: {field} is malformed or repeated.")
    if not said:
        return Fault(HEADER_MISMATCH, f"Header mismatch: {field} is missing.")
    shown = value[:_SHOWN] if isinstance(value, str) else type(value).__name__
    return Fault(HEADER_MISMATCH, f"Header mismatch: {field} is {said[:_SHOWN]!r} and the body has {shown!r}.")
