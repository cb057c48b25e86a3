"""A shaped call: how the shape of an operation changes one call, by the names of its parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugin_gateway.gate.trace import Step, finding_of
from plugin_gateway.refusal import Refusal
from plugin_gateway.shape.answer.selection import take_selection
from plugin_gateway.shape.request.invalid_request import invalid_request, joined
from plugin_gateway.shape.request.names import NO_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugin_gateway.gate.permit import Permit
    from plugin_gateway.shape.request.names import Key, Names
    from plugin_gateway.shape.shape import ParameterShape

# Only a path and a query are explained. A call may have any header fields and cookies besides.
_EXPLAINED = frozenset({"path", "query"})


def shape_call(permit: Permit) -> tuple[Step, Permit | Refusal] | None:
    """Return the step that describes what happens to the parameters, and the verdict after it; None if nothing happens.

    The step shows names, and never a value that the gateway sends.
    """
    shape = permit.rule.shape
    if shape is None:
        return None
    selects = shape.reply is not None and bool(shape.reply.select)
    if shape.parameters is None and shape.names == NO_NAMES and not selects:
        return None
    selection = take_selection(permit.query, shape.reply)
    passed = permit._replace(query=selection.query)
    refusals = [invalid_request(selection.problems)] if selection.problems else []
    details = [*_changes(shape.names)]
    if shape.parameters is not None:
        shown: ParameterShape = shape.parameters.limited_to(lambda place, _name: place in _EXPLAINED)
        written = shown.write(passed.path, passed.query, ())
        if isinstance(written, Refusal):
            refusals.append(written)
        else:
            details += (f"reported: {one}" for one in written.problems)
    if refusals:
        refusal = joined(refusals)
        return Step("parameters", False, finding_of(refusal)), refusal
    return Step("parameters", True, "; ".join(details) or "every parameter fits its description"), passed


def _changes(names: Names) -> Iterator[str]:
    hidden = names.unseen - names.fixed
    if names.fixed:
        yield f"always sends {_listed(names.fixed)}"
    if names.defaults:
        yield f"sends {_listed(names.defaults)} where the call leaves it out"
    yield from (f"sends {name} as {_listed(frozenset({key}))}" for key, name in sorted(names.renamed))
    if hidden:
        yield f"never sends {_listed(hidden)}"


def _listed(keys: frozenset[Key]) -> str:
    return ", ".join(f"{place} {name}" for place, name in sorted(keys))
