"""The names of a shape: the declared parameters that clients may not send, or only under another name.

The gate compiles its rule from them, and the served document follows the gate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from msgspec import Struct

if TYPE_CHECKING:
    from plugin_gateway.openapi.document import JsonObject

Key: TypeAlias = tuple[str, str]
"""The place and the name of a parameter, as the document declares them. Names of header fields are in lower case."""


class Names(Struct, frozen=True, kw_only=True):
    """The names that differ from the document's."""

    closed: frozenset[Key] = frozenset()
    """Parameters that clients may not send under the document's name: hidden, fixed and renamed ones."""
    renamed: tuple[tuple[Key, str], ...] = ()
    """The renamed parameters that clients may send, with their new names."""
    guarded: frozenset[Key] = frozenset()
    """Parameters whose other spellings must not go up: the gateway sends or narrows them."""

    fixed: frozenset[Key] = frozenset()
    """The closed parameters that the gateway sends in each call."""
    unseen_members: frozenset[str] = frozenset()
    """The names of query parameters that only a hidden or fixed object has: its members, which are separate pairs."""
    defaults: frozenset[Key] = frozenset()
    """Parameters that the gateway sends if the client leaves them out."""

    @property
    def unseen(self) -> frozenset[Key]:
        """Parameters that clients do not know: hidden and fixed ones."""
        return self.closed - {key for key, _ in self.renamed}

    def new_name(self, key: Key) -> str | None:
        """Return the name under which clients send a renamed parameter."""
        return next((name for renamed, name in self.renamed if renamed == key), None)


NO_NAMES: Final = Names()


def key_of(parameter: JsonObject) -> Key:
    """Return the place and name of a parameter object."""
    place, name = str(parameter.get("in")), str(parameter.get("name"))
    return place, name.lower() if place == "header" else name
