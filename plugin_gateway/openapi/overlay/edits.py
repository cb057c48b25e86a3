"""Edits: changes of a document's root that leave the document as it was.

Each edit copies the collections on the way to its place, once. So the rest is shared with the document, and what was not read
yet stays text. A YAML alias does not spread an edit: the other places keep the value that they share.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from plugin_gateway.openapi.decode.extent import MAX_DEPTH, MAX_NODES
from plugin_gateway.openapi.decode.unread import Unread
from plugin_gateway.openapi.refs import join_pointer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugin_gateway.openapi.decode.unread import Json
    from plugin_gateway.openapi.overlay.json_path import Place

_MOST_NODES: Final = MAX_NODES // 2
"""The most values that all actions of an overlay insert together. Copies of copies would grow without a bound."""


class ActionError(ValueError):
    """Raised for an action that does not fit the document. `at` leads from the value of the action to the wrong part."""

    def __init__(self, message: str, hint: str = "", at: Place = ()) -> None:
        """Take the text of a finding, and the place inside the action's value."""
        self.message, self.hint, self.at = message, hint, at
        super().__init__(message)


class Edits:
    """A root while it is edited. The original never changes."""

    def __init__(self, root: dict[str, Any]) -> None:
        self._holder = [root]
        self._own: dict[int, Any] = {id(self._holder): self._holder}
        """The collections that only this root has, by identity."""
        self._inserted = 0

    @property
    def root(self) -> dict[str, Any]:
        return self._holder[0]

    def at(self, place: Place) -> Json:
        """Return the value at a place that exists."""
        value: Json = self.root
        for part in place:
            value = value[part]
        return value

    def copy_of(self, place: Place) -> Json:
        """Copy the value at a place as a tree."""
        return self._copy(self.at(place), 0)

    def remove(self, places: Iterable[Place]) -> None:
        """Remove the values. A place below another one of `places` may be gone with it."""
        by_parent: dict[Place, list[str | int]] = {}
        for place in places:
            if not place:
                raise ActionError("the root of the document cannot be removed", "target the parts that must go")
            by_parent.setdefault(place[:-1], []).append(place[-1])
        # Deepest first: removing an item moves the items after it, and what they contain.
        for parent in sorted(by_parent, key=len, reverse=True):
            collection = self._owned(parent)
            for part in sorted(by_parent[parent], reverse=True):
                del collection[part]

    def update(self, place: Place, value: Json) -> None:
        """Merge `value` into the object at the place, append it to the array there, or put it in place of the scalar there."""
        target = self.at(place)
        if isinstance(target, dict):
            if not isinstance(value, dict):
                raise ActionError(
                    f"{kind_name(value)} cannot be merged with the object at `{_shown(place)}`", _FOR_OBJECTS
                )
            self._merge(place, value, ())
        elif isinstance(target, list):
            self._append(place, value)
        elif isinstance(value, dict | list):
            hint = "write a scalar; or target the object around it and update this member"
            raise ActionError(f"{kind_name(value)} cannot replace the scalar at `{_shown(place)}`", hint)
        else:
            self._owned(place[:-1])[place[-1]] = value

    def _merge(self, place: Place, value: dict[str, Any], at: Place) -> None:
        collection = self._owned(place)
        for key, member in value.items():
            below = (*place, key)
            if key not in collection:
                collection[key] = self._copy(member, len(below))
                continue
            old = collection[key]
            if isinstance(old, dict) and isinstance(member, dict):
                self._merge(below, member, (*at, key))
            elif isinstance(old, list) and isinstance(member, list):
                self._append(below, member)
            elif isinstance(old, dict | list) or isinstance(member, dict | list):
                message = f"{kind_name(member)} cannot be merged with {kind_name(old)} at `{_shown(below)}`"
                raise ActionError(message, "to replace a value, remove it in an action before this one", (*at, key))
            else:
                collection[key] = member

    def _append(self, place: Place, value: Json) -> None:
        items = value if isinstance(value, list) else [value]
        self._owned(place).extend(self._copy(item, len(place) + 1) for item in items)

    def _owned(self, place: Place) -> Any:
        """Return the collection at a place, and copy first what the original shares with it."""
        collection: Any = self._holder
        for part in (0, *place):
            child = collection[part]
            if id(child) not in self._own:
                child = _copied(child)
                self._own[id(child)] = child
                collection[part] = child
            collection = child
        return collection

    def _copy(self, value: Json, depth: int) -> Json:
        """Copy a value as a tree: it may be inserted at several places, which later actions change one by one."""
        self._inserted += 1
        if depth > MAX_DEPTH:
            raise ActionError(f"the document gets deeper than {MAX_DEPTH} levels")
        if self._inserted > _MOST_NODES:
            raise ActionError(f"the overlay inserts more than {_MOST_NODES:,} values")
        if isinstance(value, dict):
            return {key: self._copy(member, depth + 1) for key, member in value.items()}
        return [self._copy(item, depth + 1) for item in value] if isinstance(value, list) else value


_FOR_OBJECTS: Final = "write a mapping with the members to add or change"


def kind_name(value: Json) -> str:
    """Name the kind of a value, for a message."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "an array"
    return "null" if value is None else "a scalar"


def _copied(collection: Any) -> Any:
    return collection.copy_unread() if isinstance(collection, Unread) else collection.copy()


def _shown(place: Place) -> str:
    return join_pointer(place) or "/"
