"""Held calls: declaring in the served document that a person must approve the calls of an operation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from plugin_gateway.openapi.grammar import ObjectKind, is_reference
from plugin_gateway.openapi.nodes import copy_json
from plugin_gateway.openapi.refs import RefError

if TYPE_CHECKING:
    from plugin_gateway.openapi.document import Document, Json, JsonObject

HELD: Final = "A person must approve each call: the first answer has a link for your user; send the same call again after the approval."
"""The first sentence of the description: clients cut descriptions at their end."""
_STATUS: Final = "202"
_TEXT: Final = "The call waits for the approval of a person."
_SCHEMA: Final = {
    "type": "object",
    "description": "The call did not run yet. Send it again, unchanged, after a person has approved it.",
    "required": ["approval"],
    "properties": {
        "approval": {
            "type": "object",
            "required": ["id", "url", "expires_at"],
            "properties": {
                "id": {"type": "string"},
                "status": {"type": "string"},
                "url": {"type": "string", "description": "Where the user decides about the call."},
                "expires_at": {"type": "string", "format": "date-time"},
            },
        },
        "detail": {"type": "string", "description": "What to do next."},
    },
}
_REFUSED: Final = {"403": "A person denied the call.", "429": "Too many calls wait for the approval of a person."}


def declare_held_call(document: Document, responses: JsonObject) -> JsonObject:
    """Return the responses of an operation (3.x), and add the responses for a call that waits and for a denied call.

    If the API itself answers 202 with JSON, the body may be either.
    """
    declared: JsonObject = {**responses}
    own = _follow(document, responses.get(_STATUS))
    if own is None:
        declared[_STATUS] = {"description": _TEXT, "content": {"application/json": {"schema": copy_json(_SCHEMA)}}}
    else:
        content = own.get("content")
        own["content"] = content = dict(content) if isinstance(content, dict) else {}
        media: Any = content.get("application/json")
        schema = media.get("schema") if isinstance(media, dict) else None
        either = copy_json(_SCHEMA) if schema is None else {"anyOf": [schema, copy_json(_SCHEMA)]}
        content["application/json"] = {"schema": either}
        declared[_STATUS] = own
    for status, text in _REFUSED.items():
        content = {"application/problem+json": {"schema": {"type": "object"}}}
        declared.setdefault(status, {"description": text, "content": content})
    return declared


def _follow(document: Document, response: Json) -> JsonObject | None:
    """Return a copy of the response that the API declares, with references resolved; None if there is none."""
    for _ in range(100):  # longer chains are loops
        if not is_reference(ObjectKind.RESPONSE, response):
            break
        try:
            response = document.resolve(response["$ref"]).value
        except RefError:
            return None
    return dict(response) if isinstance(response, dict) else None
