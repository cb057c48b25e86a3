"""A mirror: header fields that repeat parts of a message for intermediaries, and must agree with it."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Any, Final

from plugin_gateway.mcp.message import HEADER_MISMATCH, Fault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plugin_gateway.mcp.head import Head
    from plugin_gateway.mcp.message import Message
    from plugin_gateway.proxy.wire import RequestFields

METHOD_FIELD: Final = b"mcp-method"
NAME_FIELD: Final = b"mcp-name"
PARAMETER_FIELDS: Final = b"mcp-param-"
_FAMILY: Final = b"mcp-"
_NAMED_BY: Final = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
_INTEGER: Final = re.compile(r"(-?[0-9]{1,16})(?:\.0{1,16})?")
_ENCODED: Final = re.compile(rb"=\?base64\?(.*)\?=")
_PLAIN: Final = re.compile(rb"[\t\x20-\x7e]*")
_SHOWN: Final = 64
_OF_ONE_MESSAGE: Final = frozenset({b"content-length", METHOD_FIELD, NAME_FIELD})


class Mirror:
    """The fields of one request that are about its message, with the head that they came with."""

    __slots__ = ("head", "method", "name", "parameters")

    def __init__(self, request: RequestFields, head: Head) -> None:
        self.head = head
        methods: list[bytes] = []
        names: list[bytes] = []
        self.parameters: dict[bytes, str | None] | None = None
        """The Mcp-Param fields by the end of the name; None if there are none."""
        for name, value, _ in request.fields:
            if not name.startswith(_FAMILY) or name in request.nominated:
                continue
            if name == METHOD_FIELD:
                methods.append(value)
            elif name == NAME_FIELD:
                names.append(value)
            elif name.startswith(PARAMETER_FIELDS):
                if self.parameters is None:
                    self.parameters = {}
                end = name[len(PARAMETER_FIELDS) :]
                # Two values for one parameter match no single argument.
                self.parameters[end] = None if end in self.parameters else decoded([value])
        self.method = decoded(methods, is_encodable=False)
        """The value of Mcp-Method: empty if it is missing, None if it is malformed."""
        self.name = decoded(names)


def lines_of_client(request: RequestFields) -> tuple[bytes, ...]:
    """Return the field lines that do not depend on the message: requests with the same ones have the same head."""
    return tuple(
        [
            field.line
            for field in request.fields
            if field.name not in _OF_ONE_MESSAGE and not field.name.startswith(PARAMETER_FIELDS)
        ]
    )


def mismatch(
    mirror: Mirror, message: Message, mirrored: Mapping[str, tuple[tuple[bytes, tuple[str, ...]], ...]]
) -> Fault | None:
    """Return the fault of a modern request whose header fields do not repeat its method, its name and the marked arguments."""
    method = message.method
    if mirror.method != method:
        return _fault("Mcp-Method", mirror.method, method)
    member = _NAMED_BY.get(method)
    if member is None:
        return None
    name = message.params.get(member, "")
    if mirror.name != name or not name:
        return _fault("Mcp-Name", mirror.name, name) if mirror.name or name else None
    marked = mirrored.get(name) if method == "tools/call" else None
    return _wrong_parameter(mirror.parameters or {}, marked, message.params.get("arguments")) if marked else None


def _wrong_parameter(
    fields: Mapping[bytes, str | None], marked: tuple[tuple[bytes, tuple[str, ...]], ...], arguments: Any
) -> Fault | None:
    for end, path in marked:
        value = arguments
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        sent = fields.get(end, "")
        is_sent = end in fields
        if (value is None) == is_sent or (is_sent and not _is_same(sent, value)):
            return _fault(f"Mcp-Param-{end.decode('latin-1').title()}", sent if is_sent else "", value)
    return None


def _is_same(sent: str | None, value: Any) -> bool:
    if sent is None:
        return False
    if isinstance(value, bool):
        return sent == ("true" if value else "false")
    if isinstance(value, int | float):
        number = _INTEGER.fullmatch(sent)
        return number is not None and int(number[1]) == value
    return isinstance(value, str) and sent == value


def _fault(field: str, sent: str | None, value: Any) -> Fault:
    if sent is None:
        return Fault(HEADER_MISMATCH, f"Header mismatch: {field} is malformed or repeated.")
    if not sent:
        return Fault(HEADER_MISMATCH, f"Header mismatch: {field} is missing.")
    shown = value[:_SHOWN] if isinstance(value, str) else type(value).__name__
    return Fault(HEADER_MISMATCH, f"Header mismatch: {field} is {sent[:_SHOWN]!r} and the body has {shown!r}.")


def decoded(values: list[bytes], *, is_encodable: bool = True) -> str | None:
    """Return the text of a field that mirrors a part of the body.

    It is empty without a field, and None if the field is malformed or repeated.
    """
    if not values:
        return ""
    if len(values) > 1 or not _PLAIN.fullmatch(values[0]):
        return None
    encoded = _ENCODED.fullmatch(values[0]) if is_encodable else None
    if encoded is None:
        return values[0].decode("ascii")
    try:
        return base64.b64decode(encoded[1], validate=True).decode()
    except (binascii.Error, ValueError):
        return None
