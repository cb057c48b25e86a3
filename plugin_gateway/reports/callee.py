"""The callee: the tool that a person means, and the view of a consumer that it is called through."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING, Final

from plugin_gateway.errors import UsageError
from plugin_gateway.proxy.door import Access
from plugin_gateway.text.closest import closest

if TYPE_CHECKING:
    from plugin_gateway.gate.gate import Gate
    from plugin_gateway.openapi.document import Document
    from plugin_gateway.revision import Revision
    from plugin_gateway.tools.tool import Tool
    from plugin_gateway.tools.tool_set import ToolSet

_SHOWN_NAMES: Final = 20


def view_of(revision: Revision, consumer: str) -> tuple[Gate, ToolSet, Access]:
    """Return the gate, the tools and the access of a consumer, or of the whole gateway if the name is empty.

    Raises:
        UsageError: there is no such consumer.
    """
    if not consumer:
        return revision.gate, revision.tools, Access("", revision.gate.judge, revision.faces)
    for view in revision.views:
        if view.consumer == consumer:
            return view.gate, view.tools, Access(consumer, view.gate.judge, view.faces)
    names = ", ".join(view.consumer for view in revision.views)
    raise UsageError(f"there is no consumer `{consumer}`; {f'there are {names}' if names else 'the config has none'}")


def find_tool(wanted: str, tools: ToolSet, document: Document, consumer: str) -> Tool:
    """Find a tool by its name, or by the operationId or the method and path of its operation.

    Raises:
        UsageError: there is none; the message says whether the document has such an operation.
    """
    by_name = tools.by_name
    if wanted in by_name:
        return by_name[wanted]
    method, _, path = wanted.partition(" ")
    named = [
        one
        for one in document.operations.values()
        if one.operation_id == wanted or (one.key.method, one.key.path) == (method.upper(), path.strip())
    ]
    for operation in named:
        for tool in tools:
            if (tool.method, tool.path_template) == (operation.key.method, operation.key.path):
                return tool
    if named:
        who = f"`{consumer}` may not call" if consumer else "gateway.yaml does not allow"
        of = f" --consumer {quote(consumer)}" if consumer else ""
        raise UsageError(
            f"{who} `{wanted}` ({named[0].key}); run `plugin-gateway allow {quote(wanted)}{of}` to allow it"
        )
    near = closest(wanted, by_name)
    if near:
        raise UsageError(f"there is no operation `{wanted}`; did you mean `{near[0]}`?")
    shown = ", ".join(list(by_name)[:_SHOWN_NAMES])
    more = (
        f" and {len(by_name) - _SHOWN_NAMES} more; `plugin-gateway ops` lists them"
        if len(by_name) > _SHOWN_NAMES
        else ""
    )
    raise UsageError(
        f"there is no operation `{wanted}`; {f'allowed are {shown}{more}' if shown else 'none is allowed'}"
    )
