"""An OpenAPI document as it was read, and the operations in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from plugin_gateway.openapi.decode.unread import holds_mapping, sketch
from plugin_gateway.openapi.refs import Anchors, RefError, Target, Tokens, find_anchors, resolve

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from plugin_gateway.diagnostics import Finding

Json: TypeAlias = Any
"""JSON whose type is not known yet."""

JsonObject: TypeAlias = dict[str, Any]

_METHODS_2_0 = ("get", "put", "post", "delete", "options", "head", "patch")
_METHODS: Mapping[str, tuple[str, ...]] = {
    "2.0": _METHODS_2_0,
    "3.0": (*_METHODS_2_0, "trace"),
    "3.1": (*_METHODS_2_0, "trace"),
    "3.2": (*_METHODS_2_0, "trace", "query"),
}
"""The fixed fields of a path item that are operations, by version. Field names are case-sensitive: `GET` is none."""


_SKETCH = frozenset({"operationId", "tags"})
"""What is asked of every operation, kept or not."""


class OperationKey(NamedTuple):
    """What names an operation without doubt: its method, in capitals, and its path template."""

    method: str
    path: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class Operation(NamedTuple):
    """One operation of a document. `node` and `path_item` are the document's own objects: look, do not touch."""

    key: OperationKey
    path_item: JsonObject
    holder: JsonObject
    """What has the operation in it: its path item, or the `additionalOperations` of that."""
    field: str

    @property
    def node(self) -> JsonObject:
        """The operation's own object, which is read here if it was not; raises `DocumentError` if its text is wrong."""
        node: JsonObject = self.holder[self.field]
        return node

    @property
    def operation_id(self) -> str | None:
        value = sketch(self.holder, self.field, _SKETCH).get("operationId")
        return value if isinstance(value, str) and value else None

    @property
    def tags(self) -> tuple[str, ...]:
        tags = sketch(self.holder, self.field, _SKETCH).get("tags")
        return tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else ()


@dataclass(frozen=True, kw_only=True)
class Document:
    """A whole document of OpenAPI 2.0, 3.0, 3.1 or 3.2: one root object in which every `$ref` that can be is local.

    `name` is how messages call it: a path or URL without userinfo, query or fragment.
    """

    root: JsonObject
    name: str
    unread: Mapping[str, str] = field(default_factory=dict)
    """References that lead out of the document and were not followed, and why. Only one that is kept is a mistake."""
    address: str = ""
    """Where it was fetched from, redirects followed; empty for a file. Servers may be relative to it."""
    is_awaited: bool = False
    """Whether some of `unread` may be there when it is asked for again: its server does not answer yet."""
    warnings: tuple[Finding, ...] = ()
    """What is odd about it and does not keep it from being used."""

    @cached_property
    def version(self) -> str:
        """`2.0`, `3.0`, `3.1` or `3.2`."""
        return ".".join(str(self.root.get("openapi") or self.root.get("swagger")).split(".")[:2])

    @property
    def methods(self) -> tuple[str, ...]:
        """The fixed fields of a path item that are operations in this version."""
        return _METHODS.get(self.version, _METHODS["3.1"])

    @cached_property
    def anchors(self) -> Anchors:
        return find_anchors(self.root)

    @cached_property
    def operations(self) -> Mapping[OperationKey, Operation]:
        """Every operation under `paths`, in document order; a path item's own `$ref` followed.

        Nodes that are not what they should be are passed over here, `structure.check_paths` is what reports them.
        """
        found: dict[OperationKey, Operation] = {}
        for path, path_item in self.path_items():
            for holder, method in _operation_fields(path_item, self.methods):
                key = OperationKey(method.upper(), path)
                found.setdefault(key, Operation(key, path_item, holder, method))
        return found

    def path_items(self) -> Iterator[tuple[str, JsonObject]]:
        """Path templates and their path items, those that can be read."""
        paths = self.root.get("paths")
        for path, path_item in paths.items() if isinstance(paths, dict) else ():
            if path.startswith("/") and isinstance(path_item, dict):
                try:
                    yield path, self.follow_path_item(path_item)
                except RefError:
                    continue

    def resolve(self, ref: str, at: Tokens = ()) -> Target:
        """What a `$ref` written at `at` points at; raises `RefError`. See `refs.resolve`."""
        try:
            return resolve(self.root, ref, at=at, find=lambda: self.anchors)
        except RefError as error:
            if ref in self.unread:
                raise RefError(ref, self.unread[ref]) from error
            raise

    def follow_path_item(self, path_item: JsonObject) -> JsonObject:
        """Follow a path item's chain of `$ref`; fields beside a `$ref` win over what it points at.

        OpenAPI 3.0 leaves the mixture undefined, so this is the reading that loses nothing. Raises `RefError` when the
        chain ends nowhere or comes back to itself.
        """
        seen: set[Tokens] = set()
        while isinstance(ref := path_item.get("$ref"), str):
            target = self.resolve(ref)
            if target.tokens in seen:
                raise RefError(ref, "comes back to itself")
            seen.add(target.tokens)
            if not isinstance(target.value, dict):
                raise RefError(ref, "is no path item")
            siblings = {key: value for key, value in path_item.items() if key != "$ref"}
            path_item = {**target.value, **siblings} if siblings else target.value
        return path_item


def _operation_fields(path_item: JsonObject, methods: tuple[str, ...]) -> Iterator[tuple[JsonObject, str]]:
    for key in path_item:
        if key in methods and holds_mapping(path_item, key):
            yield path_item, key
    additional = path_item.get("additionalOperations") if "query" in methods else None
    if isinstance(additional, dict):
        for method, node in additional.items():
            if isinstance(node, dict) and not method.startswith("x-"):
                yield additional, method
