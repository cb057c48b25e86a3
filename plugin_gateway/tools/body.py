"""A body: the arguments that go into it, as the octets and the Content-Type of a request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugin_gateway.tools.base64_text import base64_octets
from plugin_gateway.tools.content import concrete
from plugin_gateway.tools.draft import ArgumentProblem
from plugin_gateway.tools.form import NESTED, form_pairs
from plugin_gateway.tools.json_text import json_octets
from plugin_gateway.tools.multipart import joined, parts
from plugin_gateway.tools.scalar import UnwritableError, octets_of, plain
from plugin_gateway.tools.slot import FieldSlot, MemberSlot, PartSlot, Slot, WholeSlot
from plugin_gateway.tools.tool import PLAIN_ENCODING, Argument, Body, BodyKind, Encoding, Place

if TYPE_CHECKING:
    from plugin_gateway.tools.draft import Draft

_TYPES: Final = {
    BodyKind.JSON: "application/json",
    BodyKind.FORM: "application/x-www-form-urlencoded",
    BodyKind.MULTIPART: "multipart/form-data",
    BodyKind.TEXT: "text/plain",
    BodyKind.BINARY: "application/octet-stream",
}
NO_OCTETS: Final = b""


class BodyWriter:
    """Writes the bodies of one tool."""

    __slots__ = ("_body", "_content_type", "_is_whole", "_kind")

    def __init__(self, body: Body) -> None:
        self._body = body
        self._kind = body.kind
        media_type = concrete(body.media_type, _TYPES[body.kind])
        if body.kind is BodyKind.MULTIPART:
            media_type = media_type.partition(";")[0]
        self._content_type = media_type.encode()
        self._is_whole = bool(body.whole)

    def slot(self, argument: Argument) -> Slot:
        """Return the slot of an argument whose place is the body."""
        body = self._body
        if argument.name == body.whole:
            return WholeSlot(argument)
        encoding = body.encodings.get(argument.wire_name, PLAIN_ENCODING)
        return self._slot_of(argument, encoding)

    def add_other(self, name: str, value: object, draft: Draft) -> None:
        """Add a member that the tool does not name.

        Raises:
            UnwritableError: the value cannot be written there.
        """
        encoding = NESTED if isinstance(value, dict) else PLAIN_ENCODING
        self._slot_of(Argument(name=name, place=Place.BODY, wire_name=name), encoding).add(value, draft)

    def _slot_of(self, argument: Argument, encoding: Encoding) -> Slot:
        if self._kind is BodyKind.FORM:
            return FieldSlot(argument, encoding)
        return PartSlot(argument, encoding) if self._kind is BodyKind.MULTIPART else MemberSlot(argument)

    def write(self, draft: Draft) -> tuple[bytes, bytes]:
        """Return the Content-Type and the octets; no type if there is no body.

        Raises:
            UnwritableError: the whole has no such form.
        """
        kind = self._kind
        if draft.whole:
            return self._write_whole(draft.whole[0], draft)
        if self._is_whole:
            return NO_OCTETS, NO_OCTETS
        if kind is BodyKind.JSON:
            if draft.members or self._body.is_required:
                return self._content_type, json_octets(draft.members)
        elif kind is BodyKind.FORM:
            if draft.form or self._body.is_required:
                return self._content_type, "&".join(draft.form).encode("ascii")
        elif draft.parts or self._body.is_required:
            return self._join(draft.parts)
        return NO_OCTETS, NO_OCTETS

    def blame(self, draft: Draft, error: UnwritableError) -> None:
        """Report which argument cannot be written as JSON, after `write` failed."""
        found = False
        for name, value in draft.members.items():
            try:
                json_octets({name: value})
            except UnwritableError as one:
                found = True
                draft.problems.append(ArgumentProblem(name, f"`{name}` {one}."))
        if not found:
            name = self._body.whole
            draft.problems.append(ArgumentProblem(name, f"{f'`{name}`' if name else 'The body'} {error}."))

    def _write_whole(self, value: object, draft: Draft) -> tuple[bytes, bytes]:
        kind = self._kind
        if kind is BodyKind.JSON:
            return self._content_type, json_octets(value)
        if kind is BodyKind.BINARY:
            return self._content_type, base64_octets(value)
        if kind is BodyKind.TEXT:
            text = json_octets(value) if isinstance(value, dict | list) else octets_of(plain(value))
            return self._content_type, text
        if not isinstance(value, dict):
            raise UnwritableError("must be an object: its members are the fields of a form")
        for name, one in value.items():
            encoding = self._body.encodings.get(name, NESTED if isinstance(one, dict) else PLAIN_ENCODING)
            if kind is BodyKind.FORM:
                draft.form += form_pairs(name, one, encoding)
            else:
                draft.parts += parts(name, one, encoding)
        if kind is BodyKind.FORM:
            return self._content_type, "&".join(draft.form).encode("ascii")
        return self._join(draft.parts)

    def _join(self, pieces: list[bytes]) -> tuple[bytes, bytes]:
        boundary, octets = joined(pieces)
        return self._content_type + b"; boundary=" + boundary, octets
