"""References: JSON Pointers (RFC 6901), URI fragments, and the targets of `$ref` inside one document.

A pointer is a tuple of unescaped tokens from the root: `("paths", "/pets", "get")`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias
from urllib.parse import quote, unquote, urljoin

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

Tokens: TypeAlias = tuple[str, ...]

_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")
"""An array index has no sign and no leading zero (RFC 6901, 4)."""

_DATA_KEYWORDS = frozenset({"const", "default", "enum", "example", "examples", "value"})
"""Keywords whose values are data: an `$anchor` in an example is not an anchor."""

_NAME_KEYWORDS = frozenset(
    {"$defs", "callbacks", "content", "definitions", "dependentSchemas", "headers", "parameters", "pathItems", "paths",
     "patternProperties", "properties", "requestBodies", "responses", "schemas", "webhooks"}
)  # fmt: skip
"""Keywords whose keys are chosen by the author: a property called `default` is a schema, not a default."""


class RefError(LookupError):
    """Raised for a `$ref` without a target in this document. `reason` completes a sentence that begins with the reference."""

    def __init__(self, ref: str, reason: str) -> None:
        """Take the reference and the reason for a finding."""
        self.ref, self.reason = ref, reason
        super().__init__(f"{ref!r} {reason}")


class ReferenceTarget(NamedTuple):
    """The target of a reference: its place in the root, and its value."""

    tokens: Tokens
    value: Any


def escape(token: str) -> str:
    return token.replace("~", "~0").replace("/", "~1")


def unescape(token: str) -> str:
    """Undo `escape`. `~1` comes first, so `~01` becomes `~1` (RFC 6901, 4)."""
    return token.replace("~1", "/").replace("~0", "~") if "~" in token else token


def split_pointer(pointer: str) -> Tokens:
    """Return the tokens of a JSON Pointer. Raises `ValueError` unless it is empty or begins with `/`."""
    if pointer and not pointer.startswith("/"):
        raise ValueError(f"{pointer!r} is not a JSON Pointer: it must begin with '/'")
    return tuple(unescape(token) for token in pointer.split("/")[1:])


def join_pointer(tokens: Iterable[str | int]) -> str:
    return "".join("/" + escape(str(token)) for token in tokens)


def to_ref(tokens: Iterable[str | int]) -> str:
    """Return the local `$ref` to a place, percent-encoded where a URI fragment needs it (RFC 3986, 3.5)."""
    return "#" + quote(join_pointer(tokens), safe="/~!$&'()*+,;=:@?-._")


def split_ref(ref: str) -> tuple[str, str]:
    """Split a reference into URI and fragment, both still encoded. Checks neither and never raises."""
    uri, _, fragment = ref.partition("#")
    return uri, fragment


def join_uri(base: str, reference: str) -> str:
    """Resolve `reference` against `base`. Returns `reference` unchanged if it is not a URI reference."""
    try:
        return urljoin(base, reference)
    except ValueError:
        return reference


def is_local(ref: str) -> bool:
    return ref.startswith("#")


def index_of(token: str) -> int | None:
    """Return the index that a token means in an array; None if it means none. An index has one spelling (RFC 6901, 4)."""
    return int(token) if _INDEX.fullmatch(token) else None


def walk(root: Any, tokens: Iterable[str]) -> Any:
    """Return the value at `tokens`. Raises `LookupError` if it does not exist."""
    value = root
    for token in tokens:
        if isinstance(value, dict):
            value = value[token]
        elif isinstance(value, list) and (index := index_of(token)) is not None:
            value = value[index]
        else:
            raise LookupError(token)
    return value


class Anchors(Struct, frozen=True, kw_only=True):
    """The named places of a document, from `$id`, `$anchor` and `$dynamicAnchor` (JSON Schema 2020-12, 8.2)."""

    resources: Mapping[str, Tokens]
    """The place of each schema resource by its resolved `$id`, absolute or relative. The document's key is `""` or its `$self`.
    """
    bases: Mapping[Tokens, str]
    """The inverse of `resources`."""
    names: Mapping[tuple[str, str], Tokens]
    """The place of each anchor, by the URI of its resource and its name."""

    def base_of(self, tokens: Tokens) -> str:
        """Return the URI of the innermost resource around a place."""
        for end in range(len(tokens), 0, -1):
            if (base := self.bases.get(tokens[:end])) is not None:
                return base
        return self.bases[()]


def find_anchors(root: dict[str, Any]) -> Anchors:
    """Walk the whole document once. The first of two equal names wins, in document order."""
    own = root.get("$self")
    own = split_ref(own)[0] if isinstance(own, str) else ""
    resources: dict[str, Tokens] = {own: ()}
    bases: dict[Tokens, str] = {(): own}
    names: dict[tuple[str, str], Tokens] = {}
    for tokens, schema, base in _named_places(root, own):
        if base not in resources:
            resources[base] = tokens
        if isinstance(schema.get("$id"), str):
            bases[tokens] = base
        for keyword in ("$anchor", "$dynamicAnchor"):
            if isinstance(name := schema.get(keyword), str):
                names.setdefault((base, name), tokens)
    return Anchors(resources=resources, bases=bases, names=names)


def _named_places(root: dict[str, Any], own: str) -> Iterator[tuple[Tokens, dict[str, Any], str]]:
    """Yield every mapping that may be a named schema, in document order, with the base URI inside it."""
    stack: list[tuple[Tokens, Any, str, bool]] = [((), root, own, False)]
    while stack:
        tokens, value, base, are_names = stack.pop()
        if isinstance(value, dict):
            if not are_names:
                if tokens and isinstance(value.get("$id"), str):
                    base = join_uri(base, split_ref(value["$id"])[0])
                if "$id" in value or "$anchor" in value or "$dynamicAnchor" in value:
                    yield tokens, value, base
            stack.extend(
                ((*tokens, key), child, base, not are_names and key in _NAME_KEYWORDS)
                for key, child in reversed(value.items())
                if isinstance(child, dict | list) and (are_names or not (key in _DATA_KEYWORDS or key.startswith("x-")))
            )
        else:
            stack.extend(
                ((*tokens, str(index)), value[index], base, False)
                for index in range(len(value) - 1, -1, -1)
                if isinstance(value[index], dict | list)
            )


def resolve(
    root: dict[str, Any], ref: str, *, at: Tokens = (), find: Callable[[], Anchors] | None = None
) -> ReferenceTarget:
    """Resolve `ref`, written at `at`. Raises `RefError`. `find` returns the root's anchors if the caller keeps them.

    A pointer is tried from the document's root first, then from the schema resource around `at`. JSON Schema wants the reverse
    order. But schemas have no `components`, many documents with an `$id` mean the root, and this order avoids the walk that
    finds every `$id`. Only `root` is read.
    """
    if ref.startswith("#/"):
        tokens = split_pointer(unquote(ref[1:]))
        try:
            return ReferenceTarget(tokens, walk(root, tokens))
        except LookupError:
            pass
    anchors = find() if find else find_anchors(root)
    uri, fragment = split_ref(ref)
    base = anchors.base_of(at)
    resource = join_uri(base, uri) if uri else base
    if (start := anchors.resources.get(resource)) is None:
        raise RefError(ref, "is outside this document")
    fragment = unquote(fragment)
    if fragment and not fragment.startswith("/"):
        if (found := anchors.names.get((resource, fragment))) is None:
            raise RefError(ref, f"names the anchor {fragment!r}, which is not defined")
        return ReferenceTarget(found, walk(root, found))
    tokens = (*start, *split_pointer(fragment))
    try:
        return ReferenceTarget(tokens, walk(root, tokens))
    except LookupError:
        raise RefError(ref, "points at nothing") from None
