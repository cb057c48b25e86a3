"""A document: an OpenAPI document as it was read, and its operations."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from msgspec import Struct, field

from plugin_gateway.openapi.decode.unread import holds_mapping, sketch
from plugin_gateway.openapi.refs import Anchors, ReferenceTarget, RefError, Tokens, find_anchors, resolve

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from plugin_gateway.diagnostics import Finding

Json: TypeAlias = Any
"""JSON whose type is not known yet."""

JsonObject: TypeAlias = dict[str, Any]

STALE: Final = "document-stale"
"""The rule of the warning that the document is its last good copy."""

_METHODS_2_0 = ("get", "put", "post", "delete", "options", "head", "patch")
_METHODS: Mapping[str, tuple[str, ...]] = {
    "2.0": _METHODS_2_0,
    "3.0": (*_METHODS_2_0, "trace"),
    "3.1": (*_METHODS_2_0, "trace"),
    "3.2": (*_METHODS_2_0, "trace", "query"),
}
"""The fixed fields of a path item that are operations, by version. They are case-sensitive: `GET` is not a field."""


_SKETCH = frozenset({"operationId", "tags"})
"""The fields that the gateway reads of every operation, kept or not."""


class OperationKey(NamedTuple):
    """The unique name of an operation: its method, in capitals, and its path template."""

    method: str
    path: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class Operation(NamedTuple):
    """One operation of a document. `node` and `path_item` are the document's objects: do not change them."""

    key: OperationKey
    path_item: JsonObject
    holder: JsonObject
    """The mapping that holds the operation: its path item, or the path item's `additionalOperations`."""
    field: str

    @property
    def node(self) -> JsonObject:
        """The operation's object, decoded if necessary. Raises `DocumentError` if its text is not valid."""
        node: JsonObject = self.holder[self.field]
        return node

    @property
    def operation_id(self) -> str | None:
        value = sketch(self.holder, self.field, _SKETCH).get("operationId")
        return value if isinstance(value, str) and value else None

    @property
    def summary(self) -> str:
        value = sketch(self.holder, self.field, {"summary"}).get("summary")
        return value.strip() if isinstance(value, str) else ""

    @property
    def tags(self) -> tuple[str, ...]:
        tags = sketch(self.holder, self.field, _SKETCH).get("tags")
        return tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else ()


class Document(Struct, frozen=True, kw_only=True, dict=True):
    """A whole OpenAPI document, version 2.0, 3.0, 3.1 or 3.2, as one root object. Every `$ref` that could be followed is local.

    `name` is the document's name in messages: a path or URL without userinfo, query or fragment.
    """

    root: JsonObject
    name: str
    unread: Mapping[str, str] = field(default_factory=dict)
    """References that were not followed because they lead out of the document, with the reason. They are errors only in kept
    parts."""
    address: str = ""
    """The URL that it was fetched from, after redirects; empty for a file. Servers may be relative to it."""
    is_awaited: bool = False
    """Whether a retry may read some of `unread`: a server did not answer yet."""
    warnings: tuple[Finding, ...] = ()
    """Findings that do not prevent the use of the document."""
    removed: Mapping[OperationKey, str] = field(default_factory=dict)
    """Operations that overlays took out of the document, with their operationIds, which may be empty.

    The API still has them, so the gate must know them as denied."""

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
        """Every operation under `paths`, in document order. A path item's `$ref` is followed.

        Malformed nodes are skipped here; `structure.check_paths` reports them.
        """
        found: dict[OperationKey, Operation] = {}
        for path, path_item in self.path_items():
            for holder, method in _operation_fields(path_item, self.methods):
                key = OperationKey(method.upper(), path)
                found.setdefault(key, Operation(key, path_item, holder, method))
        return found

    @cached_property
    def operation_ids(self) -> Mapping[OperationKey, str]:
        """The operationId of every operation that has one. Reading one from a large document is not free."""
        return {key: name for key, operation in self.operations.items() if (name := operation.operation_id)}

    def path_items(self) -> Iterator[tuple[str, JsonObject]]:
        """Yield path templates with their path items. Malformed ones are skipped."""
        paths = self.root.get("paths")
        for path, path_item in paths.items() if isinstance(paths, dict) else ():
            if path.startswith("/") and isinstance(path_item, dict):
                try:
                    yield path, self.follow_path_item(path_item)
                except RefError:
                    continue

    def resolve(self, ref: str, at: Tokens = ()) -> ReferenceTarget:
        """Resolve a `$ref` that is written at `at`. Raises `RefError`. See `refs.resolve`."""
        try:
            return resolve(self.root, ref, at=at, find=lambda: self.anchors)
        except RefError as error:
            if ref in self.unread:
                raise RefError(ref, self.unread[ref]) from error
            raise

    def follow_path_item(self, path_item: JsonObject) -> JsonObject:
        """Follow a path item's chain of `$ref`. Fields beside a `$ref` win over the fields of its target.

        OpenAPI 3.0 leaves the combination undefined; merging loses no field. Raises `RefError` if the chain is broken or
        leads back to itself.
        """
        seen: set[Tokens] = set()
        while isinstance(ref := path_item.get("$ref"), str):
            target = self.resolve(ref)
            if target.tokens in seen:
                raise RefError(ref, "leads back to itself")
            seen.add(target.tokens)
            if not isinstance(target.value, dict):
                raise RefError(ref, "is not a valid path item")
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
