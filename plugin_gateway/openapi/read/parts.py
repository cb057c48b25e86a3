"""The parts of a document: the files that it consists of, and the values in them that its references lead to."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from plugin_gateway.openapi.refs import RefError, Tokens, find_anchors, join_uri, resolve, split_ref

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plugin_gateway.openapi.document import Json, JsonObject

_MAPPING = re.compile(rb"""apping["']?\s*:""")
_FILE_NAME = re.compile(rb"""[:{]\s*["']?[^\s"'{}\[\],#:/][^\s"'{}\[\],#:]*\.(?:ya?ml|json)(?=[#\s"'},]|\Z)""")
_NOT_LOCAL = re.compile(rb"""\$ref["']?\s*+:\s*+(?=\S)(?!["']#)(?!\{)(?![\w$-]++:\s)""")
"""A `$ref`, in JSON or YAML, whose value is neither a quoted string that begins with `#` nor a mapping. The text before it is
checked separately: a pattern that begins with a literal is ten times as fast."""
_BEFORE_A_KEY = frozenset(b" \t\r\n\"'{,&*!?")
_MAX_MAPPINGS = 20_000
_MAPPING_BYTES = 1000


class DocumentParts(Protocol):
    """The files of a document. The name of a part is its path in the document's folder, or its URL."""

    @property
    def root(self) -> str:
        """The name of the first part."""

    def find(self, base: str, reference: str) -> str:
        """Return the name of the part that `reference`, written in the part `base`, leads to.

        Raises `RefError` if it may not be read.
        """

    def read(self, part: str) -> Json:
        """Return the value in a part. Raises `RefError` if it does not exist, `DocumentError` if it cannot be decoded."""


def refers_elsewhere(data: bytes) -> bool:
    """Return whether a document's text may refer to another file. False saves the walk through a single file.

    A document refers to a file by a `$ref` that is not local, or by a discriminator mapping's string that ends like a file
    name. A path that ends in `/$ref` (OData) and a property called `$ref` are not references.
    """
    for index, match in enumerate(_MAPPING.finditer(data)):
        if index == _MAX_MAPPINGS or _FILE_NAME.search(data, match.end() - 1, match.end() + _MAPPING_BYTES):
            return True
    starts = (match.start() for match in _NOT_LOCAL.finditer(data))
    return any(start == 0 or data[start - 1] in _BEFORE_A_KEY for start in starts)


class PartValue(NamedTuple):
    """A value in a part, and its place there."""

    part: str
    tokens: Tokens
    value: Any


class PartFinder:
    """Finds the values that references lead to. `unread` has the references that cannot be read, with the reasons."""

    def __init__(self, root: JsonObject, version: str, parts: DocumentParts) -> None:
        self.unread: dict[str, str] = {}
        self._root = root
        self._version = version
        self._parts = parts

    def find(self, part: str, ref: str) -> PartValue | None:
        """Find the target of a `$ref` written in `part`. Return None if it is local already or cannot be read."""
        if part == self._parts.root and (ref.startswith("#") or self._names_resource(ref)):
            return None
        location, fragment = split_ref(ref)
        try:
            target = self._parts.find(part, location) if location else part
            value = self._root if target == self._parts.root else self._parts.read(target)
            tokens, value = resolve(value, f"#{fragment}") if fragment else ((), value)
        except RefError as error:
            self.unread[ref if location else part + ref] = error.reason
            return None
        return PartValue(target, tokens, value)

    def _names_resource(self, ref: str) -> bool:
        resources = self._resources
        return len(resources) > 1 and join_uri(next(iter(resources)), split_ref(ref)[0]) in resources

    @cached_property
    def _resources(self) -> Mapping[str, Tokens]:
        return find_anchors(self._root).resources if self._version not in {"2.0", "3.0"} else {}
