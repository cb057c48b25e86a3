"""A shaped call: what the shape of an operation makes of one call, told by the names of its parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugin_gateway.gate.trace import Step
from plugin_gateway.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugin_gateway.gate.permit import Permit
    from plugin_gateway.shape.names import Key, Names
    from plugin_gateway.shape.shape import ParameterShape

# Only a path and a query are explained. A call may have any header fields and cookies besides.
_EXPLAINED = frozenset({"path", "query"})


def shape_call(permit: Permit) -> tuple[Step, Permit | Refusal] | None:
    """Return the step that tells what happens to the parameters, and the verdict after it; None if nothing happens.

    The step tells names, and no value that the gateway sends.
    """
    shape = permit.rule.shape
    if shape is None or shape.parameters is None:
        return None
    shown: ParameterShape = shape.parameters.limited_to(lambda place, _name: place in _EXPLAINED)
    written = shown.write(permit.path, permit.query, ())
    if isinstance(written, Refusal):
        return Step("parameters", False, written.detail), written
    said = [*_changes(shape.names), *(f"reported: {one.pointer} {one.detail}" for one in written.problems)]
    return Step("parameters", True, "; ".join(said) or "every parameter fits its description"), permit


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
