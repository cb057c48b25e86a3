"""The size of a reply: an estimate of its characters, from an example or a schema of the document.

The estimates for the whole reply and for the kept part show what the part saves.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from plugin_gateway.openapi.parameters import declared_parameters, follow
from plugin_gateway.openapi.values import as_list, as_mapping
from plugin_gateway.shape.answer.cut import cut_value, kept
from plugin_gateway.shape.pointer import Pointers, step
from plugin_gateway.shape.success import success_examples, success_schemas

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from plugin_gateway.openapi.document import Document, JsonObject, Operation
    from plugin_gateway.openapi.refs import Tokens

ROWS: Final = 30
"""The items of an outer array whose length the document does not limit: the most common page size."""
MOST_ROWS: Final = 100
"""The most items of such an array, for a warning."""
_INNER_ITEMS: Final = 3
_MOST_LEVELS: Final = 12

_PAGE_SIZES: Final = frozenset(
    {"perpage", "pagesize", "limit", "size", "count", "maxresults", "maxitems", "first", "top", "pagelimit", "maxpagesize", "num"}
)  # fmt: skip
_BY_FORMAT: Final = {
    "date-time": 22,
    "date": 12,
    "uuid": 38,
    "uri": 60,
    "url": 60,
    "email": 24,
    "byte": 1000,
    "binary": 1000,
}
_BY_TYPE: Final = {"string": 18, "integer": 5, "number": 7, "boolean": 5, "null": 4}
_LONG_TEXTS: Final = ("body", "description", "text", "content", "html", "message", "comment", "markdown", "snippet")
_TEXT: Final = 300
_UNKNOWN: Final = 20
_LARGE: Final = 400
_LEAST_EXAMPLE: Final = 50
_KIND: Final = frozenset({"type", "enum", "const", "example", "examples"})
_MORE: Final = "additionalProperties"
_COMBINATIONS: Final = ("anyOf", "oneOf")


class Rows(NamedTuple):
    """How many items the outer array of a reply has."""

    usual: int = ROWS
    most: int = MOST_ROWS


def rows_of(operation: Operation, document: Document) -> Rows:
    """Read the page size from the parameter that sets it, if there is one."""
    for parameter in declared_parameters(operation, document):
        name = str(parameter.get("name")).lower().replace("_", "").replace("-", "").lstrip("$")
        if name in _PAGE_SIZES and parameter.get("in") == "query":
            schema = follow(parameter.get("schema", parameter), document) or {}
            most = _count(schema.get("maximum"), 0)
            usual = _count(schema.get("default"), min(ROWS, most) or ROWS)
            return Rows(usual, most or max(MOST_ROWS, usual))
    return Rows()


def reply_size(
    operation: Operation, document: Document, *, at_most: bool = False, keep: Sequence[Tokens] = ()
) -> int | None:
    """Estimate the characters of one successful reply of a usual size, or of the largest size; None if it is not in JSON.

    With `keep`, only these places count. A recorded example is preferred to the schema.
    """
    schemas = success_schemas(operation.node, document)
    if not schemas:
        return None
    rows = rows_of(operation, document)
    items = rows.most if at_most else rows.usual
    measured = [_measure(one, items, keep) for one in success_examples(operation.node, document)]
    if sizes := [size for size in measured if size is not None]:
        return max(sizes)
    return estimate_size(document, schemas, items, frozenset(keep) if keep else None)


def _measure(example: Any, rows: int, keep: Sequence[Tokens]) -> int | None:
    """Measure an example as if its outer array had so many items. None if it is too short to be typical."""
    if not isinstance(example, dict | list) or len(_written(example)) < _LEAST_EXAMPLE:
        return None
    value = cut_value(example, kept(keep)) if keep else example
    lists = [value] if isinstance(value, list) else [one for one in value.values() if isinstance(one, list)]
    outer = max(lists, key=lambda one: len(_written(one)), default=[])
    if not outer:
        return len(_written(value))
    size = len(_written(outer))
    return len(_written(value)) - size + size * rows // len(outer)


def _written(value: Any) -> str:
    return json.dumps(value, default=str, separators=(",", ":"))


def estimate_size(document: Document, schemas: Iterable[Any], rows: int = ROWS, keep: Pointers | None = None) -> int:
    """Estimate the characters of a reply that fits one of the schemas, or of the part that `keep` names."""
    sizer = _Sizer(document)
    return max((sizer.size(schema, keep, rows, "", 0) for schema in schemas), default=0)


class _Sizer:
    def __init__(self, document: Document) -> None:
        self._document = document
        self._known: dict[tuple[int, Pointers | None, int], int] = {}
        self._open: set[int] = set()

    def size(self, schema: Any, keep: Pointers | None, rows: int, name: str, depth: int) -> int:
        """Return the size of a value. The name of its member, `name`, tells a text from a word."""
        if keep is not None and () in keep:
            keep = None
        if keep is not None and not keep:
            return 0
        node = follow(schema, self._document)
        if node is None or depth > _MOST_LEVELS or id(node) in self._open:
            return 0 if keep is not None else _UNKNOWN
        key = id(node), keep, rows
        if key not in self._known:
            self._open.add(id(node))
            self._known[key] = self._size(node, keep, rows, name, depth)
            self._open.discard(id(node))
        return self._known[key]

    def _size(self, node: JsonObject, keep: Pointers | None, rows: int, name: str, depth: int) -> int:
        parts = [*self._conjuncts(node)]
        required = {one for part in parts for one in as_list(part.get("required"))}
        members: dict[str, Any] = {}
        for part in parts:
            members = {**as_mapping(part.get("properties")), **members}
        total = 0
        for member, schema in members.items():
            inner = None if keep is None else step(keep, member)
            if inner is None or inner:
                size = self.size(schema, inner, rows, member, depth + 1)
                # Many replies lack the objects that their schemas do not require.
                is_rare = member not in required and size > _LARGE and not self._is_array(schema)
                total += len(member) + 4 + (size // 2 if is_rare else size)
        if (items := next((part["items"] for part in parts if "items" in part), None)) is not None:
            count = min(_clamped(part, rows) for part in parts)
            inner = None if keep is None else step(keep, "0")
            total += count * (1 + self.size(items, inner, min(rows, _INNER_ITEMS), name, depth + 1))
        if more := next((part[_MORE] for part in parts if isinstance(part.get(_MORE), dict)), None):
            inner = None if keep is None else step(keep, "key")
            total += _INNER_ITEMS * (8 + self.size(more, inner, rows, "", depth + 1))
        for part in parts:
            for word in _COMBINATIONS:
                total += self._either(as_list(part.get(word)), keep, rows, name, depth + 1)
        if total or keep is not None:
            return 2 + total
        # The part with a type is more precise than a part with a description only.
        return self._scalar(next((part for part in parts if _KIND & part.keys()), node), name)

    def _is_array(self, schema: Any) -> bool:
        node = follow(schema, self._document)
        return node is not None and any("items" in part for part in self._conjuncts(node))

    def _conjuncts(self, node: JsonObject) -> Iterator[JsonObject]:
        """Yield a schema and the parts of its `allOf`, each once."""
        stack, seen = [node], set[int]()
        while stack:
            part = stack.pop()
            if id(part) not in seen:
                seen.add(id(part))
                yield part
                stack += [
                    one for inner in as_list(part.get("allOf")) if (one := follow(inner, self._document)) is not None
                ]

    def _either(self, parts: list[Any], keep: Pointers | None, rows: int, name: str, depth: int) -> int:
        """Return the size of a scalar form, such as the id of an object; if there is none, of the largest form.

        A part is estimated by the same form as the whole. Otherwise a part could be larger.
        """
        sizes: list[int] = []
        for part in parts:
            node = follow(part, self._document) or {}
            size = self.size(part, keep, rows, name, depth)
            if node.get("type") in ("string", "integer"):
                return size
            sizes.append(size)
        return max(sizes, default=0)

    @staticmethod
    def _scalar(node: JsonObject, name: str) -> int:
        for value in (
            *(node[word] for word in ("const", "example", "default") if word in node),
            *as_list(node.get("examples"))[:1],
        ):
            return len(json.dumps(value, default=str))
        if values := as_list(node.get("enum")):
            return sum(len(json.dumps(value, default=str)) for value in values) // len(values)
        kinds = node.get("type")
        kind = next((one for one in as_list(kinds) or [kinds] if one != "null"), None)
        if kind == "string":
            size = _BY_FORMAT.get(str(node.get("format"))) or _named(name)
            longest = node.get("maxLength")
            return min(size, longest + 2) if isinstance(longest, int) else size
        return _BY_TYPE.get(str(kind), _UNKNOWN)


def _named(name: str) -> int:
    folded = name.lower()
    if folded.endswith(("url", "uri", "href", "link")):
        return _BY_FORMAT["uri"]
    return _TEXT if folded.endswith(_LONG_TEXTS) else _BY_TYPE["string"]


def _clamped(node: JsonObject, rows: int) -> int:
    return max(min(rows, _count(node.get("maxItems"), rows)), _count(node.get("minItems"), 0))


def _count(value: Any, default: int) -> int:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) and value > 0 else default
