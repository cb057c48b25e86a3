"""The definition of each tool: what `tools/list` shows of a served operation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plugin_gateway.openapi.render import to_json
from plugin_gateway.publish.document import CONSEQUENTIAL
from plugin_gateway.tools.hints import NOTHING_CHOSEN, ChosenHints, hints_of
from plugin_gateway.tools.input_schema import build_inputs
from plugin_gateway.tools.tool import Tool, ToolSet

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plugin_gateway.openapi.document import Document, JsonObject, Operation, OperationKey

_MAX_TITLE = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolSettings:
    """What gateway.yaml says about the tool of one operation, besides what the served document says."""

    title: str = ""
    hints: ChosenHints = NOTHING_CHOSEN
    slashes: frozenset[str] = frozenset()
    """Path parameters whose values may contain a slash."""


_NO_SETTINGS = ToolSettings()


def build_tool_set(
    served: Document, settings: Mapping[OperationKey, ToolSettings], *, is_searched: bool = False
) -> ToolSet:
    """Build a tool for each operation of a served document, which is in version 3.1 or 3.2. The work is done on first access."""
    return ToolSet(
        lambda: tuple(_define(served, one, settings.get(one.key, _NO_SETTINGS)) for one in served.operations.values()),
        is_searched=is_searched,
    )


def _define(served: Document, operation: Operation, settings: ToolSettings) -> Tool:
    node = operation.node
    name: str = node["operationId"]
    consequential = node.get(CONSEQUENTIAL)
    hints = hints_of(operation.key.method, consequential if isinstance(consequential, bool) else None, settings.hints)
    summary, description = _text(node, "summary"), _text(node, "description")
    title = settings.title or (summary if len(summary) <= _MAX_TITLE else "") or name
    inputs = build_inputs(served, operation, settings.slashes)
    shown: JsonObject = {
        "name": name,
        "title": title,
        "description": description or summary,
        "inputSchema": inputs.schema,
        "annotations": {
            "readOnlyHint": hints.read_only,
            "destructiveHint": hints.destructive,
            "idempotentHint": hints.idempotent,
            "openWorldHint": hints.open_world,
        },
    }
    return Tool(
        name=name,
        method=operation.key.method,
        path_template=operation.key.path,
        title=title,
        description=shown["description"],
        hints=hints,
        arguments=inputs.arguments,
        body=inputs.body,
        definition=to_json(shown),
    )


def _text(node: JsonObject, key: str) -> str:
    text = node.get(key)
    return text.strip() if isinstance(text, str) else ""
