"""A shaped operation: the parts that gateway.yaml closes of an allowed operation."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from plugin_gateway.hostile.terrain import AttackedOperation
from plugin_gateway.shape.pointer import ANY
from plugin_gateway.shape.request.bodies import Bodies
from plugin_gateway.shape.request.json_body import JsonBody
from plugin_gateway.shape.request.json_edit import Edit
from plugin_gateway.tools.tool import Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plugin_gateway.gate.permit import OperationRule
    from plugin_gateway.openapi.refs import Tokens
    from plugin_gateway.shape.request.json_edit import Step
    from plugin_gateway.shape.shape import Shape
    from plugin_gateway.tools.tool_set import ToolSet

UNKNOWN_MEMBER = "pgextra"
"""A member that no `keep` of an operator names."""


class ShapedOperation(NamedTuple):
    """One operation. Callers may not send its parameters and members; tokens belong to JSON pointers."""

    place: AttackedOperation
    parameters: tuple[tuple[str, str], ...] = ()
    """By the document's `in` and `name`."""
    takes_any_query: bool = False
    members: tuple[Tokens, ...] = ()
    """Of request bodies."""
    keep: tuple[Tokens, ...] = ()
    """Places of answers. If there are any, clients get no others."""
    drop: tuple[Tokens, ...] = ()
    """Places of answers that clients do not get."""
    is_held: bool = False
    """A person must approve each call."""
    takes_json: bool = False
    """Whether its calls have a JSON body."""
    tool: str = ""
    """The name of its tool; empty if there is none."""
    in_path: tuple[str, ...] = ()
    """The tool's arguments that go into the path."""


def shaped_of(rules: Iterable[OperationRule], tools: ToolSet) -> Iterator[ShapedOperation]:
    """Yield the operations that are shaped in a way that a hostile caller can try."""
    by_id = {tool.name: tool for tool in tools.tools}
    for rule in rules:
        shape = rule.shape
        if shape is None or "?" in rule.path_template:
            continue
        tool, reply = by_id.get(rule.operation_id), shape.reply
        found = ShapedOperation(
            AttackedOperation(rule.method, rule.path_template),
            tuple(sorted(shape.names.closed)),
            rule.any_query,
            tuple(dict.fromkeys(_members(shape))),
            reply.keep if reply is not None else (),
            reply.drop if reply is not None else (),
            shape.needs_approval,
            any(b"json" in one for one in rule.media_types),
            tool.name if tool is not None else "",
            tuple(one.name for one in tool.arguments if one.place is Place.PATH) if tool is not None else (),
        )
        if found.parameters or found.members or found.keep or found.drop or found.is_held:
            yield found


def _members(shape: Shape) -> Iterator[Tokens]:
    if not isinstance(shape.body, Bodies):
        return
    for one in shape.body.declared:
        if isinstance(one.form, JsonBody):
            yield from _closed(one.form.removes, ())
            yield from _closed(one.form.sets, ())


def _closed(step: Step, place: Tokens) -> Iterator[Tokens]:
    if step is True:
        return
    if not isinstance(step, Edit):
        yield place
        return
    for name, below in step.named.items():
        yield from _closed(below, (*place, name))
    yield from _closed(step.other, (*place, ANY if isinstance(step.other, Edit) else UNKNOWN_MEMBER))
