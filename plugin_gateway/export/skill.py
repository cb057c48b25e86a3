"""The skill: a SKILL.md that tells a model when to use the tools and which arguments each tool takes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from plugin_gateway.publish.shorten import shorten

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugin_gateway.export.candidate import Candidate, ShownTool
    from plugin_gateway.openapi.document import Json, JsonObject

MAX_DESCRIPTION: Final = 1024  # agentskills.io
_MAX_TOOL: Final = 300
_MAX_ARGUMENT: Final = 120
_MAX_CHOICES: Final = 8
_MANY: Final = 50
"""With more tools than this, the skill does not list their arguments."""
_SEARCH: Final = (
    "Find an operation with `search_operations`, read its arguments with `describe_operation`, and call it with "
    "`call_operation`. The names above are names of operations, not of tools."
)


def skill(candidate: Candidate) -> str:
    """Write the skill. Its texts come from the tools and from `manifest`, its advice from `plugin.advice`."""
    return "\n".join(_lines(candidate)) + "\n"


def _lines(candidate: Candidate) -> Iterator[str]:
    server_info = candidate.server_info
    purpose = _one_line(str(candidate.manifest["description_for_model"]))
    yield "---"
    yield f"name: {server_info.name}"
    # A JSON string is a YAML string, so no text of the document can end the front matter.
    yield f"description: {_quoted(shorten(purpose, MAX_DESCRIPTION))}"
    yield "metadata:"
    yield f"  version: {_quoted(server_info.version)}"
    yield f"  revision: {_quoted(candidate.digest)}"
    yield "---"
    yield ""
    yield f"# {_one_line(server_info.title)}"
    yield ""
    yield purpose
    yield ""
    is_searched = candidate.config.mcp.mode == "search"
    yield "## When to use it"
    yield ""
    for tool in candidate.tools:
        yield f"- {_use(tool)}: `{tool.name}`."
    yield ""
    yield "Use it for these tasks only. Other operations of the service are not available."
    if candidate.config.plugin.advice:
        yield from ("", "## How to use it", "", candidate.config.plugin.advice)
    yield ""
    yield "## The tools"
    if is_searched:
        yield from ("", _SEARCH)
        return
    for tool in candidate.tools:
        yield ""
        yield from _tool(tool, has_arguments=len(candidate.tools) <= _MANY)


def _use(tool: ShownTool) -> str:
    """Return what the tool is for. A title that only repeats the name says nothing, so the description replaces it."""
    text = shorten(tool.description, _MAX_ARGUMENT).rstrip(".") if tool.title == tool.name else tool.title
    return _one_line(text)


def _tool(tool: ShownTool, *, has_arguments: bool) -> Iterator[str]:
    yield f"### `{tool.name}`"
    yield ""
    yield f"{_sentence(shorten(_one_line(tool.description), _MAX_TOOL))} {_effect(tool)}".strip()
    schema = tool.definition.get("inputSchema")
    arguments = schema.get("properties") if isinstance(schema, dict) and has_arguments else None
    if not isinstance(schema, dict) or not isinstance(arguments, dict) or not arguments:
        return
    required = schema.get("required")
    yield ""
    for name, argument in arguments.items():
        is_required = isinstance(required, list) and name in required
        yield f"- `{name}`{_argument(argument if isinstance(argument, dict) else {}, is_required=is_required)}"


def _effect(tool: ShownTool) -> str:
    if tool.reads_only:
        return "It changes nothing."
    if tool.hints.get("destructiveHint") is True:
        return "It changes or deletes data: ask the user first."
    return "It changes data."


def _argument(argument: JsonObject, *, is_required: bool) -> str:
    kinds = argument.get("type")
    words = [kinds] if isinstance(kinds, str) else [str(kind) for kind in kinds] if isinstance(kinds, list) else []
    facts = ["required"] if is_required else []
    facts += [" or ".join(words)] if words else []
    shown = f" ({', '.join(facts)})" if facts else ""
    choices = argument.get("enum")
    text = _sentence(shorten(_one_line(argument.get("description")), _MAX_ARGUMENT))
    if isinstance(choices, list) and 0 < len(choices) <= _MAX_CHOICES:
        shown_choices = [_code(choice) for choice in choices]
        if all(shown_choices):
            text = f"{text} One of {', '.join(shown_choices)}.".strip()
    return f"{shown}: {text}" if text else shown


def _sentence(text: str) -> str:
    return f"{text}." if text and text[-1].isalnum() else text


def _code(value: Json) -> str:
    """Return the value as code; empty if it is long, or could end the code or the line."""
    text = value if isinstance(value, str) else json.dumps(value)
    return f"`{text}`" if len(text) <= _MAX_ARGUMENT and text.isprintable() and "`" not in text else ""


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _one_line(text: Json) -> str:
    if not isinstance(text, str):
        return ""
    # A document can hold escape sequences, which a terminal would obey.
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())
