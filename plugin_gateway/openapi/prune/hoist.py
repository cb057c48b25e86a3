"""Hoisted components: objects from cut parts of the document that kept parts refer to."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from plugin_gateway.openapi.grammar import ObjectKind, components_at, sections
from plugin_gateway.openapi.refs import Tokens, to_ref, walk

if TYPE_CHECKING:
    from plugin_gateway.openapi.document import Document, JsonObject

_EXPRESSION = "{$url}"
"""3.0 has no path item components, so a path item goes into a callback component, under this key."""


class Hoisted(NamedTuple):
    """A new component: its section, name, the key of the object inside it (None for the component itself), and its `$ref`."""

    section: str
    name: str
    key: str | None
    text: str


def components_in(document: Document, section: str) -> JsonObject:
    """Return a map of components of the full document, or an empty map."""
    try:
        value = walk(document.root, (*components_at(document.version), section))
    except LookupError:
        return {}
    return value if isinstance(value, dict) else {}


class Hoist:
    """Names new components by number: a name made from the old place would reveal the denied path."""

    def __init__(self, document: Document) -> None:
        """Reserve the component names of `document`, kept or not."""
        self.names: dict[str, list[str]] = {}
        """The names given so far, by section, in order."""
        self._document = document
        self._section_of = {kind: section for section, kind in sections(document.version).items()}
        self._given: dict[tuple[ObjectKind, Tokens], Hoisted] = {}

    def find(self, kind: ObjectKind, tokens: Tokens) -> Hoisted | None:
        return self._given.get((kind, tokens))

    def give(self, kind: ObjectKind, tokens: Tokens) -> Hoisted | None:
        """Return the component for the object at this place, or None if the version has no components of this kind."""
        section, key = self._section_of.get(kind), None
        if section is None and kind is ObjectKind.PATH_ITEM and ObjectKind.CALLBACK in self._section_of:
            section, key = self._section_of[ObjectKind.CALLBACK], _EXPRESSION
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
