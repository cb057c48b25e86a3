"""Leaks in prose: descriptions and examples of a pruned document that tell of denied operations.

Pruning takes what denied operations *are*; what people wrote about them elsewhere is theirs to change, so it is pointed
out and not rewritten.
"""

from __future__ import annotations

import re
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
"""The gateway's own server and security take the place of these, whatever their scopes tell of."""
_MIN_ID_LENGTH = 8
"""An operationId such as `list` or `status` is a word of every language."""


def leaks_in_prose(document: Document, pruned: Document, kept: Collection[OperationKey]) -> list[Finding]:
    """A warning for each denied path template or operationId that a text of `pruned` names, at its first place there."""
    denied = denied_names(document, kept)
    found: dict[str, tuple[Tokens, int]] = {}
    named: dict[str, list[str]] = {}  # by text: most of a document is the same few words
    for place, text in _texts(pruned.root):
        if (names := named.get(text)) is None:
            names = named[text] = [word for word in _names_in(text) if word in denied]
        for name in names:
            first, count = found.get(name, (place, 0))
            found[name] = first, count + 1
    return [
        Finding(
            rule="denied-operation-named",
            severity=Severity.WARNING,
            message=f"the text at {to_ref(place)} names {name!r}, which is denied{_elsewhere(count - 1)}",
            hint="clients can read it: reword it in the document, or write a `description` of your own in the entry of `allow`",
            pointer=place,
        )
        for name, (place, count) in found.items()
    ]


def words_of(text: str) -> Iterator[str]:
    """Yield the words of a text that may be a path or an id."""
    return (match[0].rstrip(".:") for match in _WORD.finditer(text))


def _names_in(text: str) -> Iterator[str]:
    """Yield the words of a text, and the paths that JSON pointers in it lead to."""
    for word in words_of(text):
        yield word
        if (tokens := pointer_of("#" + word.partition("#")[2])) and tokens[0] == "paths":
            yield from tokens[1:2]


def _elsewhere(count: int) -> str:
    return f"; and {count} more" if count else ""


def denied_names(document: Document, kept: Collection[OperationKey]) -> set[str]:
    """The path templates and ids of operations that are not kept, as far as they are no words of every language."""
    kept = set(kept)
    paths: set[str] = set()
    ids: set[str] = set()
    for key, operation in document.operations.items():
        if key not in kept:
            paths.add(key.path)
            if (name := operation.operation_id) and len(name) >= _MIN_ID_LENGTH and _LOOKS_LIKE_ID.search(name):
                ids.add(name)
    paths -= {key.path for key in kept} | {"/"}
    return paths | (ids - {document.operations[key].operation_id for key in kept})


def texts_in(value: Json) -> Iterator[str]:
    """Every text in a value, keys included."""
    return (text for _, text in _texts(value)) if isinstance(value, dict | list | str) else iter(())


def _texts(root: Json) -> Iterator[tuple[Tokens, str]]:
    """Every text that may hold a name: values, and keys, since examples have them too."""
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
