"""A success: the JSON schemas that an operation's successful answers fit."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from plugin_gateway.openapi.parameters import follow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugin_gateway.openapi.document import Document, JsonObject

_JSON: Final = re.compile(r"\s*(?:\*/\*|application/\*|[\w.+-]+/(?:[\w.-]+\+)?json)\s*(?:;.*)?", re.IGNORECASE)


def success_schemas(operation: JsonObject, document: Document) -> list[Any]:
    """Return the schema of each success in JSON; without a success, the schemas of the default answer."""
    responses = operation.get("responses")
    if not isinstance(responses, dict):
        return []
    successes = [node for status, node in responses.items() if str(status).startswith("2")]
    nodes = successes or [responses[key] for key in ("default",) if key in responses]
    return [schema for node in nodes for schema in _schemas(follow(node, document))]


def _schemas(response: JsonObject | None) -> Iterator[Any]:
    if response is None:
        return
    if "schema" in response:  # Swagger 2.0
        yield response["schema"]
    content = response.get("content")
    for media_type, node in content.items() if isinstance(content, dict) else ():
        if _JSON.fullmatch(media_type) and isinstance(node, dict) and "schema" in node:
            yield node["schema"]
