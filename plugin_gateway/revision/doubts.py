"""Doubts: the points that an operator should check before a model may call an operation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from plugin_gateway import methods
from plugin_gateway.openapi.parameters import declared_parameters, follow
from plugin_gateway.publish.profile import MAX_OPERATION_TEXT, MAX_PARAMETER_TEXT
from plugin_gateway.shape.pointer import parts_of
from plugin_gateway.shape.reply_size import reply_size
from plugin_gateway.shape.success import success_schemas
from plugin_gateway.tools.budget import MOST_TOKENS_OF_A_TOOL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugin_gateway.openapi.document import Document, JsonObject, Operation

MAX_REPLY: Final = 100_000
"""The most characters of a reply that ChatGPT takes."""
_MOST_NAMED: Final = 5
_MOST_LEVELS: Final = 4


class Doubt(NamedTuple):
    """One reason to look at an operation. `kind` is a stable kebab-case name."""

    kind: str
    text: str


def find_doubts(
    operation: Operation, document: Document, *, tool_tokens: int | None, consequential: bool | None
) -> Iterator[Doubt]:
    """Find what is doubtful about an operation of the served document.

    `tool_tokens` is the cost of its tool, `consequential` what its entry of `allow` says.
    """
    node = operation.node
    parameters = [*declared_parameters(operation, document)]
    for word in ("summary", "description"):
        if (length := len(_text(node, word))) > MAX_OPERATION_TEXT:
            yield Doubt("long-text", f"its {word} has {length:,} characters, and GPT Actions read {MAX_OPERATION_TEXT}")
    if long := [str(one.get("name")) for one in parameters if len(_text(one, "description")) > MAX_PARAMETER_TEXT]:
        yield Doubt("long-text", f"the texts of {_named(long)} have more than {MAX_PARAMETER_TEXT} characters")
    if tool_tokens is not None and tool_tokens >= MOST_TOKENS_OF_A_TOOL:
        yield Doubt("large-tool", f"ChatGPT takes fewer than {MOST_TOKENS_OF_A_TOOL:,} tokens for a tool")
    fields = [*_fields(node, document)]
    if silent := [
        *(str(one.get("name")) for one in parameters if not _says(one)),
        *(name for name, one in fields if not _says(one)),
    ]:
        yield Doubt("no-text", f"no text explains what {_named(silent)} mean{'s' * (len(silent) == 1)}")
    yield from _of_reply(operation, document)
    if operation.key.method not in methods.SAFE and consequential is None:
        yield Doubt("no-consequential", "it changes data, and the entry does not set `consequential`")
    if free := [*_free_objects(node, document)]:
        yield Doubt("free-form", f"the body takes any object as {_named(free)}")
    if types := [*_uploads(node, document)]:
        yield Doubt("upload", f"it takes files ({', '.join(types)})")


def _of_reply(operation: Operation, document: Document) -> Iterator[Doubt]:
    schemas = success_schemas(operation.node, document)
    most = reply_size(operation, document, at_most=True)
    if most is not None and most > MAX_REPLY:
        yield Doubt("large-reply", f"a reply may have {most:,} characters; ChatGPT refuses more than {MAX_REPLY:,}")
    elif schemas and not any(_describes(document, schema) for schema in schemas):
        yield Doubt("unknown-reply", "the document does not describe the reply, so its size is unknown")


def _describes(document: Document, schema: Any) -> bool:
    parts = [part for part in parts_of(document, [schema]) if isinstance(part, dict)]
    scalars = {"string", "integer", "number", "boolean", "null"}
    return any({"properties", "items"} & part.keys() or part.get("type") in scalars for part in parts)


def _bodies(node: JsonObject, document: Document) -> Iterator[tuple[str, Any]]:
    body = follow(node.get("requestBody"), document)
    content = body.get("content") if body else None
    for name, media_type in content.items() if isinstance(content, dict) else ():
        yield name, media_type.get("schema", {}) if isinstance(media_type, dict) else {}


def _fields(node: JsonObject, document: Document) -> Iterator[tuple[str, JsonObject]]:
    """Yield the members of the first body."""
    for _, schema in [*_bodies(node, document)][:1]:
        for part in parts_of(document, [schema]):
            properties = part.get("properties") if isinstance(part, dict) else None
            for name, one in properties.items() if isinstance(properties, dict) else ():
                if (target := follow(one, document)) is not None:
                    yield name, {**target, **one}


def _free_objects(node: JsonObject, document: Document) -> Iterator[str]:
    """Yield the places in JSON bodies that take an object with any members."""
    for name, schema in _bodies(node, document):
        if "json" in name:
            yield from dict.fromkeys(_free(schema, document, "", 0))


def _free(schema: Any, document: Document, at: str, depth: int) -> Iterator[str]:
    parts = [part for part in parts_of(document, [schema]) if isinstance(part, dict)]
    members = [(name, one) for part in parts for name, one in (part.get("properties") or {}).items()]
    is_object = any(part.get("type") == "object" for part in parts)
    if (
        is_object
        and not members
        and not any(
            isinstance(part.get("additionalProperties"), dict) and part["additionalProperties"] for part in parts
        )
    ):
        if not any(part.get("additionalProperties") is False for part in parts):
            yield at or "/"
        return
    for name, one in members if depth < _MOST_LEVELS else ():
        yield from _free(one, document, f"{at}/{name}", depth + 1)


def _uploads(node: JsonObject, document: Document) -> Iterator[str]:
    for name, schema in _bodies(node, document):
        plain = name.partition(";")[0].strip().lower()
        is_binary = plain.startswith(("image/", "audio/", "video/")) or plain in (
            "application/octet-stream",
            "application/pdf",
            "application/zip",
        )
        parts = [part for part in parts_of(document, [schema]) if isinstance(part, dict)]
        has_file = plain == "multipart/form-data" and any(
            _is_file(follow(one, document) or {}) for part in parts for one in (part.get("properties") or {}).values()
        )
        if is_binary or has_file:
            yield plain


def _is_file(schema: JsonObject) -> bool:
    items = schema.get("items")
    inner = items if isinstance(items, dict) else schema
    return inner.get("format") == "binary" or "contentMediaType" in inner


def _says(node: JsonObject) -> bool:
    schema = node.get("schema")
    return bool(_text(node, "description") or (isinstance(schema, dict) and _text(schema, "description")))


def _text(node: JsonObject, word: str) -> str:
    text = node.get(word)
    return text.strip() if isinstance(text, str) else ""


def _named(names: list[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:_MOST_NAMED])
    return f"{shown} and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else shown
