"""A misfit: an argument that can be written but does not match its description.

The gateway sends no request with an argument that it cannot write, so the data plane does not judge the others. This module
judges them, and one answer lists what is wrong with all arguments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugin_gateway.openapi.refs import split_pointer
from plugin_gateway.refusal import Refusal
from plugin_gateway.shape.answer.selection import take_selection
from plugin_gateway.tools.draft import ArgumentProblem, printable_name
from plugin_gateway.tools.tool import Place

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from plugin_gateway.shape.shape import Shape
    from plugin_gateway.tools.request import ToolRequest
    from plugin_gateway.tools.tool import Tool


def find_misfits(
    tool: Tool, shape: Shape, request: ToolRequest, reported: Collection[str], *, has_body: bool
) -> tuple[ArgumentProblem, ...]:
    """Return what the shape of the operation refuses of a request that lacks some of its arguments.

    `reported` are the names of the arguments whose problems the answer lists already. `has_body` is false if the body cannot be
    written.
    """
    found: list[ArgumentProblem] = []
    for pointer, detail, is_body in _problems(shape, request, has_body=has_body):
        names = _in_body(tool, pointer) if is_body else _parameters(tool, pointer)
        if any(name in reported for name in names):
            continue
        if len(names) != 1:
            found.append(ArgumentProblem("", f"{pointer or 'The body'} {detail}."))
        elif is_body and (tool.body is None or tool.body.whole or pointer.count("/") > 1):
            found.append(ArgumentProblem(names[0], f"`{names[0]}`: {pointer or 'the body'} {detail}."))
        else:
            found.append(ArgumentProblem(names[0], f"`{names[0]}` {detail}."))
    return tuple(found)


def _problems(shape: Shape, request: ToolRequest, *, has_body: bool) -> Iterator[tuple[str, str, bool]]:
    """Yield the pointer and the detail of each problem, and whether the pointer leads into the body."""
    path, _, query = request.target.partition(b"?")
    selection = take_selection(query, shape.reply)
    if shape.parameters is not None:
        written = shape.parameters.write(path, selection.query, request.fields)
        for error in written.members.get("errors", ()) if isinstance(written, Refusal) else ():
            yield error["pointer"], error["detail"], False
    for problem in selection.problems:
        yield problem.pointer, problem.detail, False
    if has_body and shape.body is not None:
        media_type = b"".join(value for name, value in request.fields if name == b"content-type")
        judged = shape.body.write(media_type, request.body) if media_type else shape.body.without_body(b"")
        for error in judged.members.get("errors", ()) if isinstance(judged, Refusal) else ():
            yield error["pointer"], error["detail"], True


def _parameters(tool: Tool, pointer: str) -> tuple[str, ...]:
    place = split_pointer(pointer)[:2]
    return tuple(one.name for one in tool.arguments if (one.place, one.wire_name) == place)


def _in_body(tool: Tool, pointer: str) -> tuple[str, ...]:
    """Return the arguments that a pointer into the body may be about."""
    if tool.body is not None and tool.body.whole:
        return (tool.body.whole,)
    tokens = split_pointer(pointer)
    own = [one for one in tool.arguments if one.place is Place.BODY]
    if not tokens:
        return tuple(one.name for one in own)
    return tuple(one.name for one in own if one.wire_name == tokens[0]) or (printable_name(tokens[0]),)
