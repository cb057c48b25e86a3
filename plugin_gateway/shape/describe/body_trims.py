"""The body trims of an operation: the members that gateway.yaml removes from its request bodies, and those that it sets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from plugin_gateway.openapi.refs import join_pointer
from plugin_gateway.openapi.values import as_mapping
from plugin_gateway.shape.media_type import FORM, MULTIPART, admits, declared_media_types, is_json
from plugin_gateway.shape.pointer import ANY

if TYPE_CHECKING:
    from plugin_gateway.openapi.document import JsonObject
    from plugin_gateway.openapi.refs import Tokens
    from plugin_gateway.shape.pointer import Pointers

JSON: Final = b"application/json"
AS_JSON: Final = "json"
AS_PAIRS: Final = "pairs"
"""One pair for each scalar: `a[b]=c`."""
_UNSET: Final = object()
FORMS: Final = frozenset({FORM, MULTIPART})


class BodyTrims(NamedTuple):
    """The members to keep, to remove and to set."""

    keep: Pointers | None
    drop: Pointers
    fixed: dict[Tokens, Any]

    @property
    def is_nothing(self) -> bool:
        return self.keep is None and not self.drop and not self.fixed

    @property
    def hidden(self) -> Pointers:
        return self.drop | frozenset(self.fixed)

    def leaves(self, field: str) -> bool:
        """Whether clients see a member of the body, or a part of it."""
        is_kept = self.keep is None or any(tokens[0] in {field, ANY} for tokens in self.keep)
        return is_kept and self.hidden.isdisjoint({(field,), (ANY,)})


class Unnamed(NamedTuple):
    """Why the gateway cannot change the member that a pointer names in a form."""

    reason: str
    """It begins with the pointer."""
    hint: str


def is_trimmable(key: str, node: JsonObject, trims: BodyTrims) -> bool:
    """Whether the gateway can change bodies of a media type: JSON, and forms whose fields have the places of all pointers."""
    types = declared_media_types([key])
    if any(map(is_json, types)) or admits(types, JSON):
        return True
    pointers = trims.hidden | (trims.keep or frozenset())
    return bool(FORMS.intersection(types)) and not any(
        find_unnamed(node, tokens, trims.fixed.get(tokens, _UNSET)) for tokens in pointers
    )


def find_unnamed(node: JsonObject, tokens: Tokens, value: Any = _UNSET) -> Unnamed | None:
    """Return why a pointer, or its fixed value, fits no field of a form; None if it does. `node` is the media type."""
    name, encoding = join_pointer(tokens), encoding_of(node, tokens[0])
    if tokens[0] == ANY:
        return Unnamed(f"`{name}` names no field", "name each field")
    if len(tokens) > 1 and not encoding:
        return Unnamed(f"`{name}` leads into a field", f"name the whole field, `{join_pointer(tokens[:1])}`")
    if encoding == AS_PAIRS and ANY in tokens and value is not _UNSET:
        hint = f"name the whole field, `{join_pointer(tokens[:1])}`, or each item"
        return Unnamed(f"`{name}` sets members of array items, which a form names by their numbers", hint)
    if not encoding and any(isinstance(item, dict | list) for item in items_of(value)):
        hint = "set a text, a number, a boolean or a list of these"
        return Unnamed(f"the value of `{name}` has members or inner lists", hint)
    return None


def encoding_of(node: JsonObject, field: str) -> str:
    """Return how `encoding` says that a field of a form holds an object or array: `AS_JSON` or `AS_PAIRS`.

    Another encoding gives an empty text.
    """
    encoding = as_mapping(as_mapping(node.get("encoding")).get(field))
    if is_json(str(encoding.get("contentType", "")).partition(";")[0].strip().lower().encode(errors="replace")):
        return AS_JSON
    return AS_PAIRS if encoding.get("style") == "deepObject" else ""


def items_of(value: Any) -> list[Any]:
    """Return the values of the fields with one name that hold a value together: one for each item of a list."""
    return value if isinstance(value, list) else [value]
