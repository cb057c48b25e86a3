"""References: JSON Pointers (RFC 6901), URI fragments, and what a `$ref` inside one document points at.

A pointer is handled as its tokens, unescaped, from the root: `("paths", "/pets", "get")`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias
from urllib.parse import quote, unquote, urljoin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

Tokens: TypeAlias = tuple[str, ...]

_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")
"""An array index has no sign and no leading zero (RFC 6901, 4)."""

_DATA_KEYWORDS = frozenset({"const", "default", "enum", "example", "examples", "value"})
"""Their values are data: an `$anchor` in an example is not an anchor."""

_NAME_KEYWORDS = frozenset(
    {"$defs", "callbacks", "content", "definitions", "dependentSchemas", "headers", "parameters", "pathItems", "paths",
     "patternProperties", "properties", "requestBodies", "responses", "schemas", "webhooks"}
)  # fmt: skip
"""Their keys are names that the author chose: a property called `default` is a schema, not a default."""


class RefError(LookupError):
    """A `$ref` points at nothing in this document; `reason` says why, in words for the reader of the document."""

    def __init__(self, ref: str, reason: str) -> None:
        """Keep both for the finding that is made of them."""
        self.ref, self.reason = ref, reason
        super().__init__(f"{ref!r} {reason}")


class Target(NamedTuple):
    """What a reference points at: where it is in the root, and the value there."""

    tokens: Tokens
    value: Any


def escape(token: str) -> str:
    return token.replace("~", "~0").replace("/", "~1")


def unescape(token: str) -> str:
    """Undo `escape`; `~1` first, so that `~01` comes out as `~1` (RFC 6901, 4)."""
    return token.replace("~1", "/").replace("~0", "~") if "~" in token else token


def split_pointer(pointer: str) -> Tokens:
    """Tokens of a JSON Pointer; `ValueError` when it is neither empty nor begins with `/`."""
    if pointer and not pointer.startswith("/"):
        raise ValueError(f"{pointer!r} is no JSON Pointer: it does not begin with '/'")
    return tuple(unescape(token) for token in pointer.split("/")[1:])


def join_pointer(tokens: Iterable[str | int]) -> str:
    return "".join("/" + escape(str(token)) for token in tokens)


def to_ref(tokens: Iterable[str | int]) -> str:
    """The local `$ref` to a place: what a URI fragment may not hold is percent-encoded (RFC 3986, 3.5)."""
    return "#" + quote(join_pointer(tokens), safe="/~!$&'()*+,;=:@?-._")


def split_ref(ref: str) -> tuple[str, str]:
    """The URI of a reference and its fragment, still encoded. Says nothing about either, and never raises."""
    uri, _, fragment = ref.partition("#")
    return uri, fragment


def join_uri(base: str, reference: str) -> str:
    """`reference` as meant at `base`; itself, if it is no URI reference at all."""
    try:
        return urljoin(base, reference)
    except ValueError:
        return reference


def is_local(ref: str) -> bool:
    return ref.startswith("#")


def walk(root: Any, tokens: Iterable[str]) -> Any:
    """The value at `tokens`; `LookupError` when there is none."""
    value = root
    for token in tokens:
        if isinstance(value, dict):
            value = value[token]
        elif isinstance(value, list) and _INDEX.fullmatch(token):
            value = value[int(token)]
        else:
            raise LookupError(token)
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchors:
    """The names a document gives to places in itself: `$id`, `$anchor` and `$dynamicAnchor` (JSON Schema 2020-12, 8.2)."""

    resources: Mapping[str, Tokens]
    """Absolute or relative URI of each schema resource, its `$id` resolved; the document itself is `""` or its `$self`."""
    bases: Mapping[Tokens, str]
    """The same, the other way round."""
    names: Mapping[tuple[str, str], Tokens]
    """Anchors by the URI of their resource and their name."""

    def base_of(self, tokens: Tokens) -> str:
        """URI of the innermost resource around a place."""
        for end in range(len(tokens), 0, -1):
            if (base := self.bases.get(tokens[:end])) is not None:
                return base
        return self.bases[()]


def find_anchors(root: dict[str, Any]) -> Anchors:
    """Walk the whole document once. Where a name is given twice the first in document order has it."""
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
    """Every mapping that may be a schema with a name, in document order, with the base URI inside it."""
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


def resolve(root: dict[str, Any], ref: str, *, at: Tokens = (), find: Callable[[], Anchors] | None = None) -> Target:
    """What `ref`, written at `at`, points at; raises `RefError`. `find` gives the root's anchors, where they are kept.

    A pointer is tried from the document's root first, then from the schema resource around `at`: JSON Schema has it
    the other way round, but no schema has `components` in it, documents that carry an `$id` and mean the root are many,
    and so the walk that finds every `$id` is paid for only by those that need it. Nothing outside `root` is ever read.
    """
    if ref.startswith("#/"):
        tokens = split_pointer(unquote(ref[1:]))
        try:
            return Target(tokens, walk(root, tokens))
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
            raise RefError(ref, f"names an anchor, {fragment!r}, that is not there")
        return Target(found, walk(root, found))
    tokens = (*start, *split_pointer(fragment))
    try:
        return Target(tokens, walk(root, tokens))
    except LookupError:
        raise RefError(ref, "points at nothing") from None
