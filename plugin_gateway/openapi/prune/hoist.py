"""Hoisted components: objects that are referred to, but stand in a part of the document that is cut off."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from plugin_gateway.openapi.grammar import Kind, components_at, sections
from plugin_gateway.openapi.refs import Tokens, to_ref, walk

if TYPE_CHECKING:
    from plugin_gateway.openapi.document import Document, JsonObject

_EXPRESSION = "{$url}"
"""3.0 has no components for path items: one is put into a callback component, under this key."""


class Hoisted(NamedTuple):
    """A new component: its section and name, the key of the object in it if it is not that itself, and its `$ref`."""

    section: str
    name: str
    key: str | None
    text: str


def components_in(document: Document, section: str) -> JsonObject:
    """A map of components of the full document, empty where there is none."""
    try:
        value = walk(document.root, (*components_at(document.version), section))
    except LookupError:
        return {}
    return value if isinstance(value, dict) else {}


class Hoist:
    """Gives new components their names: numbers, since a name made of the old place would tell the denied path."""

    def __init__(self, document: Document) -> None:
        """Names that the document has already are not given again, whether they are kept or not."""
        self.names: dict[str, list[str]] = {}
        """The names given, by section, in order."""
        self._document = document
        self._section_of = {kind: section for section, kind in sections(document.version).items()}
        self._given: dict[tuple[Kind, Tokens], Hoisted] = {}

    def find(self, kind: Kind, tokens: Tokens) -> Hoisted | None:
        return self._given.get((kind, tokens))

    def give(self, kind: Kind, tokens: Tokens) -> Hoisted | None:
        """A component for the object of this kind at this place; `None` where the version has none of the kind."""
        section, key = self._section_of.get(kind), None
        if section is None and kind is Kind.PATH_ITEM and Kind.CALLBACK in self._section_of:
            section, key = self._section_of[Kind.CALLBACK], _EXPRESSION
        if section is None:
            return None
        name = self._new_name(section)
        place = (*components_at(self._document.version), section, name, *([key] if key else []))
        hoisted = self._given[kind, tokens] = Hoisted(section, name, key, to_ref(place))
        return hoisted

    def _new_name(self, section: str) -> str:
        taken = components_in(self._document, section)
        names = self.names.setdefault(section, [])
        number = int(names[-1].removeprefix("Hoisted")) + 1 if names else 1
        while f"Hoisted{number}" in taken:
            number += 1
        names.append(f"Hoisted{number}")
        return names[-1]
