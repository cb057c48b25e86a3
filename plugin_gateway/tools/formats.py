"""The formats in which other programs take tools: OpenAI's, Anthropic's and Google's APIs, and MCP."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from plugin_gateway.publish.shorten import shorten
from plugin_gateway.shape.values.keywords import COMBINING
from plugin_gateway.tools.gemini_schema import gemini_schema
from plugin_gateway.tools.strict_schema import strict_schema
from plugin_gateway.tools.tool import BodyKind, Place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugin_gateway.openapi.document import Json, JsonObject
    from plugin_gateway.tools.tool import Tool

_MAX_OPENAI_TEXT: Final = 1024
"""OpenAI's API refuses longer descriptions of functions."""


class Format(StrEnum):
    """The formats by their names on the command line."""

    MCP = "mcp"
    """The result of `tools/list`."""
    OPENAI = "openai"
    """Chat Completions, and the many APIs that copy it."""
    OPENAI_RESPONSES = "openai-responses"
    ANTHROPIC = "anthropic"
    GEMINI = "gemini"


def write_tool(tool: Tool, form: Format) -> JsonObject:
    """Return one tool as the format's JSON object."""
    shown: JsonObject = json.loads(tool.definition)
    name, description, schema = shown["name"], shown["description"], shown["inputSchema"]
    match form:
        case Format.MCP:
            return shown
        case Format.OPENAI:
            return {"type": "function", "function": _openai(tool, description, schema)}
        case Format.OPENAI_RESPONSES:
            return {"type": "function", **_openai(tool, description, schema)}
        case Format.ANTHROPIC:
            return {"name": name, "description": description, "input_schema": _without_combinations(schema)}
        case Format.GEMINI:
            parameters = gemini_schema(_without_combinations(schema))
            # Gemini refuses an object without properties, and names that begin with a digit or hyphen.
            name = name if name[0].isalpha() or name[0] == "_" else f"_{name}"
            return {"name": name, "description": description} | (
                {"parameters": parameters} if "properties" in parameters else {}
            )


def wrap(written: Sequence[JsonObject], form: Format) -> Json:
    """Return the tools as the value that a request of the format has for them."""
    match form:
        case Format.MCP:
            return {"tools": [*written]}
        case Format.GEMINI:
            return [{"functionDeclarations": [*written]}]
        case _:
            return [*written]


def _openai(tool: Tool, description: str, schema: JsonObject) -> JsonObject:
    strict = strict_schema(schema, _null_is_left_out(tool))
    return {
        "name": tool.name,
        "description": shorten(description, _MAX_OPENAI_TEXT),
        "parameters": _with_items(_without_combinations(schema)) if strict is None else strict,
        "strict": strict is not None,
    }


def _null_is_left_out(tool: Tool) -> list[str]:
    """Return the arguments that a client may set to null instead of leaving them out."""
    is_form = tool.body is not None and not tool.body.whole and tool.body.kind in {BodyKind.FORM, BodyKind.MULTIPART}
    return [one.name for one in tool.arguments if one.place is not Place.BODY or is_form]


def _without_combinations(schema: JsonObject) -> JsonObject:
    """Leave out what OpenAI and Anthropic refuse at the root."""
    return {
        key: value for key, value in schema.items() if key not in {*COMBINING, "not", "if", "then", "else", "$schema"}
    }


def _with_items(schema: Any) -> Any:
    """Give each array the `items` that OpenAI demands."""
    if isinstance(schema, list):
        return [_with_items(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    shown = {key: _with_items(value) for key, value in schema.items()}
    if schema.get("type") == "array" and "items" not in schema:
        shown["items"] = {}
    return shown
