"""A field edit: what happens to the members of an object, or of the items of an array, that is one field of a form.

A form may hold such a field as JSON, or as one pair for each scalar: `a[b]=c`. The document's `encoding` says which. Servers
read many other names as the same field, such as `a.b` and `a[b`, so no other spelling of it goes up.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from plugin_gateway.openapi.refs import join_pointer
from plugin_gateway.shape.request.json_edit import Edit, WrongTypeError, edit, leaves
from plugin_gateway.shape.values.json_reading import UnreadableBodyError, read_json_body
from plugin_gateway.shape.values.problem import Problem

if TYPE_CHECKING:
    from plugin_gateway.openapi.refs import Tokens
    from plugin_gateway.shape.request.json_edit import Step

_TOKEN: Final = re.compile(r"\[([^\[\]]*)\]")
_is_spelled_alike: Final = re.compile(r"(?:\[[A-Za-z0-9_\-$@:]*\])+").fullmatch


class UneditableFieldError(ValueError):
    """Raised for a field that cannot be edited."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        """Take the reasons."""
        self.problems = problems
        super().__init__(problems)


class FieldEdit(NamedTuple):
    """The edit of one field."""

    name: str
    is_json: bool
    """Whether the field is JSON. Otherwise it is one pair for each scalar."""
    removes: Step = True
    """The edit that removes the members that clients do not see."""
    sets: Step = True
    """The edit that sets the fixed members of JSON. Fixed pairs are added to the form."""

    def edited(self, name: str, text: bytes) -> tuple[bytes | None, bytes | None]:
        """Return the field as clients may send it and as it goes up; None to remove the pair. `name` and `text` are decoded.

        Raises:
            UneditableFieldError: it is not written as the document says.
        """
        try:
            if self.is_json:
                return self._edited_json(name, text)
            tokens = self._tokens_of(name)
            kept = text if leaves(self.removes, tokens) else None
        except WrongTypeError as error:
            raise UneditableFieldError((self._below(error.problem),)) from None
        return kept, kept

    def _edited_json(self, name: str, text: bytes) -> tuple[bytes, bytes]:
        if name != self.name:
            raise UneditableFieldError((Problem(self._place, f"must be JSON in a field with the name `{self.name}`"),))
        try:
            read_json_body(text)
        except UnreadableBodyError as error:
            raise UneditableFieldError(tuple(map(self._below, error.problems))) from None
        shown = edit(text, self.removes)
        return shown, edit(shown, self.sets)

    def _tokens_of(self, name: str) -> Tokens:
        rest = name.removeprefix(self.name)
        if len(rest) == len(name) or not _is_spelled_alike(rest):
            raise UneditableFieldError((Problem(self._place, f"must be written as `{self.name}[member]=value`"),))
        return tuple(_TOKEN.findall(rest))

    def missing(self) -> bytes | None:
        """Return the JSON text of the field for a form that does not have it; None if nothing in it is fixed."""
        return edit(b"{}", self.sets) if isinstance(self.sets, Edit) and self.sets.sets else None

    @property
    def _place(self) -> str:
        return join_pointer((self.name,))

    def _below(self, problem: Problem) -> Problem:
        return problem._replace(pointer=self._place + problem.pointer)
