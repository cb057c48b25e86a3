"""A success: the JSON schemas and the recorded examples of an operation's successful answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plugin_gateway.openapi.parameters import follow
from plugin_gateway.shape.media_type import describes_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugin_gateway.openapi.document import Document, JsonObject


def success_schemas(operation: JsonObject, document: Document) -> list[Any]:
    """Return the schema of each success in JSON; without a success, the schemas of the default answer."""
    return [node["schema"] for node in _successes(operation, document) if "schema" in node]


def success_examples(operation: JsonObject, document: Document) -> list[Any]:
    """Return the recorded examples of these answers."""
    return [value for node in _successes(operation, document) for value in _examples(node, document)]


def _successes(operation: JsonObject, document: Document) -> Iterator[JsonObject]:
    """Yield the media types of the answers, in Swagger 2.0 the responses, which have the same fields."""
    responses = operation.get("responses")
    if not isinstance(responses, dict):
        return
    successes = [node for status, node in responses.items() if str(status).startswith("2")]
    for node in successes or [responses[key] for key in ("default",) if key in responses]:
        response = follow(node, document)
        if response is None:
            continue
        if "schema" in response:
            yield response
        content = response.get("content")
        for name, media_type in content.items() if isinstance(content, dict) else ():
            if describes_json(name) and isinstance(media_type, dict):
                yield media_type


def _examples(node: JsonObject, document: Document) -> Iterator[Any]:
    if "example" in node:
        yield node["example"]
    examples = node.get("examples")
    for name, one in examples.items() if isinstance(examples, dict) else ():
        if "schema" in node and describes_json(name):
            yield one  # Swagger 2.0 has the example itself, by its media type
        elif (example := follow(one, document)) is not None and "value" in example:
            yield example["value"]
