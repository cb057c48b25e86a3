"""Leaks: texts and unknown fields of a pruned document that name denied operations.

Pruning removes denied operations, but other texts may mention them. The gateway does not rewrite texts; it warns the operator.
It leaves out a field that no version of OpenAPI has, because no client needs it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from plugin_gateway.diagnostics import Finding, Severity
from plugin_gateway.openapi.prune.targets import pointer_of
from plugin_gateway.openapi.refs import Tokens, to_ref

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from plugin_gateway.openapi.document import Document, Json, OperationKey

_WORD = re.compile(r"[^\s\"'`<>()\[\],;|*!?\\]+")
_LOOKS_LIKE_ID = re.compile(r"[-_/.]|[a-z][A-Z]")
_NOT_SHOWN = frozenset({("servers",), ("securityDefinitions",), ("components", "securitySchemes")})
"""Every served document has the gateway's servers and security instead of these."""
_MOST_TEXTS = 10_000
"""The texts whose words are remembered: the console prunes the same document after each tick."""
_MIN_ID_LENGTH = 8
"""Shorter operationIds, such as `list` or `status`, are ordinary words."""


def leaks_in_prose(
    document: Document, pruned: Document, served: Document, kept: Collection[OperationKey]
) -> list[Finding]:
    """Return a warning for each denied path template or operationId in the texts of `served`, with its first place in `pruned`.

    The served document lacks what was mended, replaced or left out.
    """
    denied = _denied_names(document, kept)
    found: dict[str, tuple[Tokens, int]] = {}
    named: dict[str, list[str]] = {}  # by text, because most texts repeat

    def denied_in(text: str) -> list[str]:
        if (names := named.get(text)) is None:
            names = named[text] = [word for word in _names_in(text) if word in denied]
        return names

    for place, text in _texts(pruned.root):
        for name in denied_in(text):
            first, count = found.get(name, (place, 0))
            found[name] = first, count + 1
    shown = {name for _, text in _texts(served.root) for name in denied_in(text)} if found else set()
    return [
        Finding(
            rule="denied-operation-named",
            severity=Severity.WARNING,
            message=f"the text at {to_ref(place)} names {name!r}, which is denied{_elsewhere(count - 1)}",
            hint="clients can read it: reword the document, or set `description` in the entry of `allow`",
            pointer=place,
        )
        for name, (place, count) in found.items()
        if name in shown
    ]


class UnknownFields:
    """Finds the fields that no version of OpenAPI has and that name a denied operation."""

    def __init__(self, document: Document, kept: Collection[OperationKey]) -> None:
        self._document = document
        self._kept = kept
        self._denied: set[str] | None = None

    def leak(self, name: str, value: Json, place: Tokens) -> Finding | None:
        """Return the warning about a field that is left out; None for a field that may stay."""
        if self._denied is None:
            self._denied = _denied_names(self._document, self._kept)
        words = (word for text in (name, *_texts_in(value)) for word in _words_of(text))
        denied_word = next((word for word in words if word in self._denied), None)
        if denied_word is None:
            return None
        return Finding(
            rule="unknown-field",
            message=f"{to_ref(place)} is not an OpenAPI field and names {denied_word!r}, which is denied: it is left out",
            hint="no change is needed: clients do not know this field",
            severity=Severity.WARNING,
            pointer=place,
        )


def _words_of(text: str) -> Iterator[str]:
    """Yield the words of a text that may be a path or an id."""
    return (match[0].rstrip(".:") for match in _WORD.finditer(text))


@lru_cache(maxsize=_MOST_TEXTS)
def _names_in(text: str) -> tuple[str, ...]:
    """Return the words of a text, and the paths that JSON pointers in it lead to."""
    names: list[str] = []
    for word in _words_of(text):
        names.append(word)
        if "#" in word and (tokens := pointer_of("#" + word.partition("#")[2])) and tokens[0] == "paths":
            names += tokens[1:2]
    return tuple(names)


def _elsewhere(count: int) -> str:
    return f"; and {count} more" if count else ""


def _denied_names(document: Document, kept: Collection[OperationKey]) -> set[str]:
    """Return the path templates and ids of denied operations, without ids that are ordinary words."""
    kept = set(kept)
    paths: set[str] = set()
    ids: set[str] = set()
    for key in document.operations:
        if key not in kept:
            paths.add(key.path)
            name = document.operation_ids.get(key, "")
            if _is_distinct(name):
                ids.add(name)
    paths -= {key.path for key in kept} | {"/"}
    return paths | (ids - {document.operation_ids.get(key) for key in kept})


@lru_cache(maxsize=_MOST_TEXTS)
def _is_distinct(name: str) -> bool:
    """Return whether an id cannot be an ordinary word."""
    return len(name) >= _MIN_ID_LENGTH and _LOOKS_LIKE_ID.search(name) is not None


def _texts_in(value: Json) -> Iterator[str]:
    """Yield every string in a value, keys included."""
    return (text for _, text in _texts(value)) if isinstance(value, dict | list | str) else iter(())


def _texts(root: Json) -> Iterator[tuple[Tokens, str]]:
    """Yield every text that may hold a name: values, and keys, because examples may have names as keys."""
    stack: list[tuple[Tokens, Json]] = [((), root)]
    while stack:
        place, value = stack.pop()
        if isinstance(value, str):
            yield place, value
        elif len(place) <= 2 and place in _NOT_SHOWN:
            continue
        elif isinstance(value, dict):
            for key in value:
                yield (*place, key), key
            stack.extend(((*place, key), value[key]) for key in reversed(value))
        elif isinstance(value, list):
            stack.extend(((*place, str(index)), value[index]) for index in range(len(value) - 1, -1, -1))
