"""A body: the arguments that go into it, as the octets and the Content-Type of a request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugin_gateway.shape.values.json_text import json_octets
from plugin_gateway.shape.values.scalar import UnwritableError, plain, utf8
from plugin_gateway.tools.base64_text import base64_octets
from plugin_gateway.tools.body_slot import FieldSlot, MemberSlot, PartSlot, WholeSlot
from plugin_gateway.tools.draft import MAX_PROBLEMS, ArgumentProblem, printable_name
from plugin_gateway.tools.form import form_pairs
from plugin_gateway.tools.media import sendable
from plugin_gateway.tools.multipart import joined, parts
from plugin_gateway.tools.tool import PLAIN_ENCODING, Argument, Body, BodyKind, Encoding

if TYPE_CHECKING:
    from plugin_gateway.tools.draft import Draft
    from plugin_gateway.tools.slot import Slot

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

    __slots__ = ("_body", "_is_whole", "_kind", "_names", "content_type", "takes_others")

    def __init__(self, body: Body) -> None:
        self._body = body
        self._kind = body.kind
        media_type = sendable(body.media_type, _TYPES[body.kind])
        if body.kind is BodyKind.MULTIPART:
            media_type = media_type.partition(";")[0]
        self.content_type = media_type.encode()
        """Without the boundary of a multipart body."""
        self._is_whole = bool(body.whole)
        self._names: dict[str, str] = {}
        """The arguments by their names in the body."""
        self.takes_others = body.takes_others
        """Whether the body may have members that the tool does not name."""

    def slot(self, argument: Argument) -> Slot:
        """Return the slot of an argument whose place is the body."""
        body = self._body
        self._names[argument.wire_name] = argument.name
        if argument.name == body.whole:
            return WholeSlot(argument)
        encoding = body.encodings.get(argument.wire_name, PLAIN_ENCODING)
        return self._slot_of(argument, encoding)

    def add_other(self, name: str, value: object, draft: Draft) -> None:
        """Add a member that the tool does not name.

        Raises:
            UnwritableError: the value cannot be written there.
        """
        if self._kind is BodyKind.JSON:
            draft.members[name] = value
        else:
            self._add_field(name, value, draft)

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
                return self.content_type, json_octets(draft.members)
        elif kind is BodyKind.FORM:
            if draft.form or self._body.is_required:
                return self.content_type, "&".join(draft.form).encode("ascii")
        elif draft.parts or self._body.is_required:
            return self._join(draft.parts)
        return NO_OCTETS, NO_OCTETS

    def blame(self, draft: Draft, error: UnwritableError) -> None:
        """Report which argument cannot be written as JSON, after `write` failed."""
        before = len(draft.problems)
        for wire_name, value in draft.members.items():
            try:
                json_octets({wire_name: value})
            except UnwritableError as one:
                name = self._names.get(wire_name) or printable_name(wire_name)
                draft.problems.append(ArgumentProblem(name, f"`{name}` {one}."))
            if len(draft.problems) >= MAX_PROBLEMS:
                return
        if len(draft.problems) == before:
            name = self._body.whole
            draft.problems.append(ArgumentProblem(name, f"{f'`{name}`' if name else 'The body'} {error}."))

    def _write_whole(self, value: object, draft: Draft) -> tuple[bytes, bytes]:
        kind = self._kind
        if kind is BodyKind.JSON:
            return self.content_type, json_octets(value)
        if kind is BodyKind.BINARY:
            return self.content_type, base64_octets(value)
        if kind is BodyKind.TEXT:
            text = json_octets(value) if isinstance(value, dict | list) else utf8(plain(value))
            return self.content_type, text
        if not isinstance(value, dict):
            raise UnwritableError("must be an object: its members are the fields of a form")
        for name, one in value.items():
            self._add_field(name, one, draft)
        if kind is BodyKind.FORM:
            return self.content_type, "&".join(draft.form).encode("ascii")
        return self._join(draft.parts)

    def _add_field(self, name: str, value: object, draft: Draft) -> None:
        """Add a field that no argument is named after."""
        encoding = self._body.encodings.get(name, PLAIN_ENCODING)
        if self._kind is BodyKind.FORM:
            draft.add_pairs(form_pairs(name, value, encoding))
        else:
            draft.add_parts(parts(name, value, encoding))

    def _join(self, pieces: list[bytes]) -> tuple[bytes, bytes]:
        boundary, octets = joined(pieces)
        return self.content_type + b"; boundary=" + boundary, octets
