"""An operation sheet: everything that the console shows of one operation of the document, allowed or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from plugin_gateway.config.record import Record
from plugin_gateway.config.secrecy import is_perhaps_secret
from plugin_gateway.config.units import Rate
from plugin_gateway.console.shown_text import MASK, shown_lines
from plugin_gateway.errors import DocumentError
from plugin_gateway.openapi.parameters import declared_parameters, follow
from plugin_gateway.openapi.prune.pruned import prune
from plugin_gateway.openapi.render import to_yaml
from plugin_gateway.openapi.versions.upgrade import upgrade

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plugin_gateway.console.material import MaterialReading
    from plugin_gateway.diagnostics import Finding, Pointer
    from plugin_gateway.openapi.document import Document, Json, JsonObject, OperationKey

_LONGEST_TEXT: Final = 20_000
_LONGEST_DOCUMENT: Final = 200_000
_MOST_NODES: Final = 4_000
_DEEPEST: Final = 12
_SHAPED_BY: Final = frozenset(
    {"operation_id", "summary", "description", "parameters", "request", "response", "consequential", "rate"}
)


def sheet_of(reading: MaterialReading, key: OperationKey) -> dict[str, Any]:
    """Describe an operation: what the document says, what the config does to it, and which line allows it."""
    operation = reading.document.operations[key]
    part, findings = _part(reading.document, key)
    node, document = operation.node, reading.document
    if part is not None:
        document, _ = upgrade(part)
        node = document.operations[key].node
    kept = reading.kept.get(key)
    entry = kept.entries[0] if kept else None
    return {
        "method": key.method,
        "path": key.path,
        "id": operation.operation_id or "",
        "summary": _text(node.get("summary")),
        "description": _text(node.get("description")),
        "deprecated": node.get("deprecated") is True,
        "tags": list(operation.tags),
        "parameters": list(_parameters(document, key)),
        "request": _request(document, node),
        "responses": _responses(document, node),
        "shape": _shape(reading, key),
        "consumers": list(_consumers(reading, key)),
        "allowed_by": None if entry is None else line_of_entry(reading, entry.index),
        "document": "" if part is None else _cut(to_yaml(part.root).decode(errors="replace")),
        "problems": [str(finding) for finding in findings],
    }


def line_of_entry(reading: MaterialReading, index: int) -> dict[str, Any]:
    """Return the line of an entry of `allow`, masked. An environment variable that replaces the list has no line."""
    line = reading.loaded.locate(("allow", index)).line
    lines = shown_lines(reading.text, reading.secrets) if line else []
    return {"line": line, "text": lines[line - 1] if 0 < line <= len(lines) else ""}


def _part(document: Document, key: OperationKey) -> tuple[Document | None, tuple[Finding, ...]]:
    try:
        return prune(document, [key]), ()
    except DocumentError as error:
        return None, error.findings


def _parameters(document: Document, key: OperationKey) -> Iterator[JsonObject]:
    for one in declared_parameters(document.operations[key], document):
        schema = one.get("schema")
        if schema is None and isinstance(content := one.get("content"), dict):
            media = next(iter(content.values()), None)
            schema = media.get("schema") if isinstance(media, dict) else None
        yield {
            "name": _text(one.get("name")),
            "in": _text(one.get("in")),
            "required": one.get("required") is True,
            "description": _text(one.get("description")),
            "schema": Resolved(document).value(schema),
            "example": _example(document, one),
        }


def _request(document: Document, node: JsonObject) -> JsonObject | None:
    body = follow(node.get("requestBody"), document)
    if body is None:
        return None
    return {"required": body.get("required") is True, "content": _content(document, body)}


def _responses(document: Document, node: JsonObject) -> JsonObject:
    responses = node.get("responses")
    found: JsonObject = {}
    for status, one in responses.items() if isinstance(responses, dict) else ():
        response = follow(one, document)
        if response is not None:
            found[str(status)] = {
                "description": _text(response.get("description")),
                "content": _content(document, response),
            }
    return found


def _content(document: Document, holder: JsonObject) -> JsonObject:
    content = holder.get("content")
    return {
        media_type: {"schema": Resolved(document).value(media.get("schema")), "example": _example(document, media)}
        for media_type, media in (content.items() if isinstance(content, dict) else ())
        if isinstance(media, dict)
    }


def _example(document: Document, holder: JsonObject) -> Json:
    if "example" in holder:
        return Resolved(document).plain(holder["example"])
    examples = holder.get("examples")
    first = next(iter(examples.values()), None) if isinstance(examples, dict) else None
    example = follow(first, document)
    return Resolved(document).plain(example.get("value")) if example is not None else None


class Resolved:
    """Copies a schema with its references resolved, up to a depth and a number of nodes: a schema may contain itself."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._left = _MOST_NODES

    def value(self, node: Json, depth: int = 0) -> Json:
        """Return the copy. A reference that is not resolved stays."""
        if isinstance(node, dict) and isinstance(node.get("$ref"), str):
            self._left -= 1
            target = follow(node, self._document) if depth < _DEEPEST and self._left > 0 else None
            if target is None:
                return {"$ref": node["$ref"]}
            return self.value({**target, **{name: one for name, one in node.items() if name != "$ref"}}, depth + 1)
        return self._copy(node, depth, resolves=True)

    def plain(self, node: Json, depth: int = 0) -> Json:
        """Return the copy of a value in which a `$ref` is data."""
        return self._copy(node, depth, resolves=False)

    def _copy(self, node: Json, depth: int, *, resolves: bool) -> Json:
        self._left -= 1
        if isinstance(node, str):
            return _text(node)
        if not isinstance(node, dict | list):
            return node
        if depth >= _DEEPEST or self._left <= 0:
            return {} if isinstance(node, dict) else []
        below = self.value if resolves else self.plain
        if isinstance(node, list):
            return [below(one, depth + 1) for one in self._while_allowed(node)]
        return {name: below(node[name], depth + 1) for name in self._while_allowed(node)}

    def _while_allowed(self, parts: Iterable[Any]) -> Iterator[Any]:
        for one in parts:
            if self._left <= 0:
                return
            yield one


def _shape(reading: MaterialReading, key: OperationKey) -> JsonObject:
    """Return what the config says of the operation's calls, with values that may be secrets masked."""
    shape: JsonObject = {}
    kept = reading.kept.get(key)
    for entry in reversed(kept.entries) if kept else ():
        written = {name: _as_json(value) for name, value in entry.written_values.items() if name in _SHAPED_BY}
        shape |= {
            name: _without_secrets(value, ("allow", entry.index, name)) for name, value in written.items() if value
        }
    return shape


def _as_json(value: Any) -> Json:
    if isinstance(value, Record):
        return {name: _as_json(member) for name, member in value.written_values.items()}
    if isinstance(value, dict):
        return {name: _as_json(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [_as_json(item) for item in value]
    return {"calls": value.calls, "window_s": value.window_s} if isinstance(value, Rate) else value


def _without_secrets(value: Json, pointer: Pointer) -> Json:
    if isinstance(value, dict):
        return {name: _without_secrets(one, (*pointer, str(name))) for name, one in value.items()}
    if isinstance(value, list):
        return [_without_secrets(one, (*pointer, index)) for index, one in enumerate(value)]
    return MASK if value is not None and is_perhaps_secret(pointer, value) else value


def _consumers(reading: MaterialReading, key: OperationKey) -> Iterator[str]:
    for view in reading.built.revision.views if reading.built is not None else ():
        if any((rule.method, rule.path_template) == key for rule in view.gate.rules):
            yield view.consumer


def _text(value: object) -> str:
    return value[:_LONGEST_TEXT] if isinstance(value, str) else ""


def _cut(text: str) -> str:
    return (
        text if len(text) <= _LONGEST_DOCUMENT else f"{text[:_LONGEST_DOCUMENT]}\n# … {len(text):,} characters in all\n"
    )
