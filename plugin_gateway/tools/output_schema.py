"""The output schema of a tool: the names and meanings of the members of a JSON answer. It accepts every object.

Real APIs send null, numbers as text and members that their documents do not have. A client that validates the answer would then
refuse it. So the schema has no keyword that could fail, except that the answer is an object, which MCP 2025-11-25 demands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from plugin_gateway.openapi.grammar import ObjectKind
from plugin_gateway.openapi.render import to_json
from plugin_gateway.shape.values.keywords import COMBINING
from plugin_gateway.shape.values.standalone import Definitions, Placed, TooManyError, reach
from plugin_gateway.tools.budget import MOST_TOKENS_OF_AN_OUTPUT
from plugin_gateway.tools.compact import plain_text, without_texts
from plugin_gateway.tools.flat_object import flatten
from plugin_gateway.tools.media import is_json
from plugin_gateway.tools.parameters import follow
from plugin_gateway.tools.sharing import share
from plugin_gateway.tools.tokens import estimate_tokens

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugin_gateway.openapi.document import Document, JsonObject, Operation
    from plugin_gateway.openapi.refs import Tokens
    from plugin_gateway.shape.values.standalone import Copies

_MOST_SCHEMAS: Final = 500
"""More schemas do not fit the budget: each takes two tokens at least."""
_MAX_TEXT: Final = 100
_NAMED_IN_WORDS: Final = frozenset({"integer", "number", "boolean"})
"""Types that the description names where the document has no description."""


def build_output_schema(
    document: Document, operation: Operation, at: Tokens, copies: Copies | None = None
) -> JsonObject | None:
    """Build the schema of the operation's successful answers, or None if they are not JSON objects. `at` is its place.

    It is within its budget: whole, or without texts, or only the members of the answer, with or without texts.
    """
    judge = Definitions(document, hidden="writeOnly")
    answers = [*_answers(document, operation.node.get("responses"), (*at, "responses"))]
    if not answers or not all(_is_object(judge, one, 0) for one in answers):
        return None
    return next((one for one in _forms(document, answers[0], copies) if one is None or _is_within_budget(one)), None)


def _forms(document: Document, answer: Placed, copies: Copies | None) -> Iterator[JsonObject | None]:
    """Yield the forms of an output schema, the best one first; None if it says nothing."""
    try:
        whole = _whole(document, answer, copies)
    except TooManyError:
        pass
    else:
        yield whole
        if whole is None:
            return
        yield share(without_texts(whole))
    flat = flatten(Definitions(document, hidden="writeOnly"), answer, is_alone=False)
    if flat is not None and flat.properties:
        members = {name: _described(one) for name, one in flat.properties.items()}
        yield {"type": "object", "properties": members}
        yield {"type": "object", "properties": {name: {} for name in members}}


def _is_within_budget(schema: JsonObject) -> bool:
    return estimate_tokens(to_json(schema)) <= MOST_TOKENS_OF_AN_OUTPUT


def _described(schema: JsonObject) -> JsonObject:
    text = schema.get("description")
    return {"description": plain_text(text, _MAX_TEXT)} if text else {}


def _whole(document: Document, answer: Placed, copies: Copies | None) -> JsonObject | None:
    definitions = Definitions(document, hidden="writeOnly", most=_MOST_SCHEMAS, copies=copies)
    shown = definitions.copy(definitions.follow(answer))
    schema: JsonObject = {"type": "object", **_loosened(shown)}
    if len(schema) == 1:
        return None
    finished = definitions.finish(shown)
    if defs := reach(schema, lambda name: _loosened(finished[name])):
        schema["$defs"] = defs
    return schema


def _answers(document: Document, responses: Any, at: Tokens) -> list[Placed]:
    """Return the schemas of all successful answers with a body. An answer that is never JSON has an empty schema."""
    found: list[Placed] = []
    for status, response in responses.items() if isinstance(responses, dict) else ():
        if not str(status).startswith("2"):
            continue
        node, place = follow(document, ObjectKind.RESPONSE, Placed(response, (*at, status)))
        content = node.get("content")
        if not isinstance(content, dict) or not content:
            continue
        chosen = next((name for name, entry in content.items() if is_json(name) and isinstance(entry, dict)), None)
        if chosen is None:
            found.append(Placed({}))
        else:
            found.append(Placed(content[chosen].get("schema", {}), (*place, "content", chosen, "schema")))
    return found


def _is_object(definitions: Definitions, placed: Placed, depth: int) -> bool:
    schema, at = definitions.follow(placed)
    if depth > 8:
        return False
    types = schema.get("type")
    if types is not None:
        return bool(types == "object") or types in (["object", "null"], ["null", "object"])
    if isinstance(schema.get("properties"), dict):
        return True
    for key in COMBINING:
        parts = schema.get(key)
        if isinstance(parts, list) and parts:
            placed_parts = [Placed(part, (*at, key, str(index))) for index, part in enumerate(parts)]
            judge = any if key == "allOf" else all
            return judge(_is_object(definitions, part, depth + 1) for part in placed_parts)
    return False


def _loosened(schema: Any) -> JsonObject:
    """Keep descriptive keywords; drop keywords that can reject a value."""
    if not isinstance(schema, dict):
        return {}
    loose: JsonObject = {}
    for key, value in schema.items():
        if key in {"title", "description", "deprecated", "$ref"}:
            loose[key] = value
        elif key == "properties":
            loose[key] = {name: _loosened(one) for name, one in value.items()}
        elif key in {"items", "additionalProperties"} and isinstance(value, dict):
            if inner := _loosened(value):
                loose[key] = inner
        elif key in COMBINING:
            # More than one part may accept, which `oneOf` forbids.
            parts = [inner for part in value if (inner := _loosened(part))]
            if parts:
                loose.setdefault("allOf" if key == "allOf" else "anyOf", []).extend(parts)
    if "enum" in schema:
        loose["examples"] = schema["enum"]
    kind = schema.get("type")
    if isinstance(kind, str) and kind in _NAMED_IN_WORDS and "description" not in loose:
        loose["description"] = kind
    return loose
