"""The definition of each tool: what `tools/list` shows of a served operation."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from plugin_gateway.config.published import MAX_TOOL_TITLE
from plugin_gateway.openapi.render import to_json
from plugin_gateway.publish.document import CONSEQUENTIAL
from plugin_gateway.publish.shorten import shorten
from plugin_gateway.tools.budget import Definition, fit
from plugin_gateway.tools.compact import CUTS, LAST_CUTS, Compaction, compact, plain_text
from plugin_gateway.tools.hints import hints_of
from plugin_gateway.tools.input_schema import build_inputs
from plugin_gateway.tools.output_schema import build_output_schema
from plugin_gateway.tools.sharing import share
from plugin_gateway.tools.tool import Tool
from plugin_gateway.tools.tool_set import ToolSettings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from plugin_gateway.openapi.document import Document, JsonObject, Operation, OperationKey
    from plugin_gateway.openapi.refs import Tokens
    from plugin_gateway.shape.values.standalone import Copies
    from plugin_gateway.tools.compact import Compacted
    from plugin_gateway.tools.input_schema import Inputs
    from plugin_gateway.tools.tool import Hints

_FIRST_SENTENCE = re.compile(r"(.+?)(?:[.!?](?=\s|$)|$)")
_MAX_INVOCATION = 64
"""ChatGPT's limit for the texts that it shows while a tool runs and afterwards."""


_NO_SETTINGS = ToolSettings()


def define_all(served: Document, settings: Mapping[OperationKey, ToolSettings]) -> tuple[Tool, ...]:
    """Define the tool of each operation of a served document, which is in version 3.1 or 3.2."""
    return finish(draft_all(served, settings))


def draft_all(served: Document, settings: Mapping[OperationKey, ToolSettings]) -> tuple[ToolDraft, ...]:
    """Draft the tool of each operation of a served document."""
    copies: Copies = {}
    compacted: Compacted = {}
    return tuple(
        _draft(served, one, settings.get(one.key, _NO_SETTINGS), copies, compacted)
        for one in served.operations.values()
    )


def finish(drafts: Sequence[ToolDraft]) -> tuple[Tool, ...]:
    """Write the definitions of tools that are listed together, so that the list is within its budget."""
    definitions = [_definition(draft) for draft in drafts]
    fit(definitions)
    return tuple(
        Tool(
            name=draft.name,
            method=draft.key.method,
            path_template=draft.key.path,
            title=draft.title,
            description=draft.description,
            hints=draft.hints,
            arguments=draft.inputs.arguments,
            body=draft.inputs.body,
            has_output_schema=one.has_output,
            definition=one.text,
        )
        for draft, one in zip(drafts, definitions, strict=True)
    )


class ToolDraft(NamedTuple):
    """A tool before its definition is written."""

    key: OperationKey
    name: str
    title: str
    description: str
    hints: Hints
    inputs: Inputs
    output: JsonObject | None
    compacted: Compacted
    written: dict[tuple[Compaction | None, bool], bytes]
    """The forms of its definition that were written before."""


def _draft(
    served: Document, operation: Operation, settings: ToolSettings, copies: Copies, compacted: Compacted
) -> ToolDraft:
    node, at = operation.node, _place_of(operation)
    name, summary, description = str(node["operationId"]), _text(node, "summary"), _text(node, "description")
    consequential = node.get(CONSEQUENTIAL)
    return ToolDraft(
        key=operation.key,
        name=name,
        title=settings.title or _title(summary, description) or name,
        description=description or summary,
        hints=hints_of(
            operation.key.method,
            (name, operation.key.path.rpartition("/")[2], summary or description),
            consequential if isinstance(consequential, bool) else None,
            settings.hints,
        ),
        inputs=build_inputs(served, operation, at, settings.slashes, copies),
        output=build_output_schema(served, operation, at, copies),
        compacted=compacted,
        written={},
    )


def _title(summary: str, description: str) -> str:
    """Return the summary on one line, or else the first sentence of the description if it is short enough."""
    if summary:
        return shorten(" ".join(summary.split()), MAX_TOOL_TITLE)
    first = _FIRST_SENTENCE.match(plain_text(description, len(description)))
    return first[1] if first and len(first[1]) <= MAX_TOOL_TITLE else ""


def _place_of(operation: Operation) -> Tokens:
    is_additional = operation.holder is not operation.path_item
    return ("paths", operation.key.path, *(("additionalOperations",) if is_additional else ()), operation.field)


def _text(node: JsonObject, key: str) -> str:
    text = node.get(key)
    return text.strip() if isinstance(text, str) else ""


def _definition(draft: ToolDraft) -> Definition:
    forms = [partial(_form, draft, cut) for cut in (None, *CUTS)]
    last = [partial(_form, draft, cut) for cut in LAST_CUTS]
    if draft.output is not None:
        forms.insert(0, partial(_form, draft, None, has_output=True))
    return Definition(forms, last, has_output=draft.output is not None)


def _form(draft: ToolDraft, cut: Compaction | None, *, has_output: bool = False) -> bytes:
    if (text := draft.written.get((cut, has_output))) is None:
        text = draft.written[cut, has_output] = _write(draft, cut, has_output=has_output)
    return text


def _write(draft: ToolDraft, cut: Compaction | None, *, has_output: bool) -> bytes:
    """Write the definition, in whole or cut."""
    note, schema = draft.inputs.note, draft.inputs.schema
    description = draft.description if cut is None else plain_text(draft.description, cut.text)
    hints = draft.hints
    shown: JsonObject = {
        "name": draft.name,
        "title": draft.title,
        "description": " ".join(filter(None, (description, note))),
        "inputSchema": schema if cut is None else share(compact(schema, cut, draft.compacted)),
    }
    if has_output:
        shown["outputSchema"] = draft.output
    shown["annotations"] = {
        "readOnlyHint": hints.read_only,
        "destructiveHint": hints.destructive,
        "idempotentHint": hints.idempotent,
        "openWorldHint": hints.open_world,
    }
    if cut is None or cut.has_meta:
        shown["_meta"] = {
            "openai/toolInvocation/invoking": shorten(f"Calling: {draft.title}", _MAX_INVOCATION),
            "openai/toolInvocation/invoked": shorten(f"Done: {draft.title}", _MAX_INVOCATION),
        }
    return to_json(shown)
