"""A refused name: a name under which gateway.yaml renames, sends or narrows a parameter, and which the gate does not forward.

The gate closes names that the gateway injects, that select a denied operation, or that make a server use another method. A rule
for a parameter must not open them again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from plugin_gateway.diagnostics import Finding, Pointer
from plugin_gateway.gate.compile import compile_rules
from plugin_gateway.gate.override import fold_name
from plugin_gateway.shape.request.names import NO_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from plugin_gateway.gate.compile import AllowedOperation
    from plugin_gateway.gate.permit import OperationRule
    from plugin_gateway.gate.rule import InjectedNames
    from plugin_gateway.openapi.document import Document, OperationKey
    from plugin_gateway.shape.request.names import Key


class PlacedRule(NamedTuple):
    """A rule for a parameter in gateway.yaml: its place there, and whether it only hides the parameter."""

    pointer: Pointer
    only_hides: bool = False


def find_refused_names(
    document: Document,
    allowed: Mapping[OperationKey, AllowedOperation],
    injected: InjectedNames,
    rules: Mapping[OperationKey, OperationRule],
    placed: Mapping[tuple[OperationKey, Key], PlacedRule],
) -> Iterator[Finding]:
    """Find the names that the gate refuses.

    `rules` are the gate's rules; `placed` has the rules of gateway.yaml by operation and parameter.
    """
    shaped = {
        key: one.shape.names for key, one in allowed.items() if one.shape is not None and one.shape.names != NO_NAMES
    }
    if not shaped:
        return
    plain = {key: replace(one, shape=None) for key, one in allowed.items()}
    for key, rule in compile_rules(document, plain, injected, only=shaped).items():
        names = shaped[key]
        settled = {(pair.place, pair.name) for pair in rule.required}
        for parameter in sorted(names.closed | names.guarded):
            place, name = parameter
            one = placed[key, parameter]
            octets = name.encode(errors="replace")
            if (place, octets.lower() if place == "header" else octets) in settled:
                message = f"the path template of `{key}` fixes the {place} parameter `{name}`"
                yield _finding(one, "settled-parameter", message, "take the parameter out of this entry")
            elif not one.only_hides and not rule.takes(place, name):
                message = f"the gateway does not forward the {place} parameter `{name}`: the gateway sets it itself, or a server may read the call as another operation"
                yield _finding(one, "closed-parameter", message, "take the parameter out of this entry")
            elif place == "query" and (
                twin := _twin(octets, rule, {n.encode() for p, n in names.closed if p == "query"})
            ):
                message = (
                    f"some servers read the parameter `{twin.decode()}` of `{key}` as `{name}`, and callers may send it"
                )
                yield _finding(one, "another-spelling", message, "hide it, too: write `hidden` for it")
        for parameter, new in names.renamed:
            if not rules[key].takes(parameter[0], new):
                message = (
                    f"`{parameter[1]}` cannot be called `{new}`: the gateway does not accept that name from callers"
                )
                one = placed[key, parameter]
                yield _finding(PlacedRule((*one.pointer, "rename")), "closed-parameter", message, "choose another name")


def _twin(name: bytes, rule: OperationRule, closed: set[bytes]) -> bytes | None:
    """Return another name that callers may send and that a server may take for this one."""
    folded = fold_name(name)
    return next((one for one in sorted(rule.query_names - closed) if one != name and fold_name(one) == folded), None)


def _finding(one: PlacedRule, rule: str, message: str, hint: str) -> Finding:
    return Finding(rule=rule, message=message, hint=hint, pointer=one.pointer)
