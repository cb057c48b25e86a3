"""The hints of a tool: what a call may change, read from its method and from gateway.yaml."""

from __future__ import annotations

from dataclasses import dataclass

from plugin_gateway import methods
from plugin_gateway.tools.tool import Hints

_IDEMPOTENT = frozenset({"PUT", "DELETE"})  # besides the safe methods (RFC 9110, 9.2.2)
_CREATING = frozenset({"POST"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenHints:
    """The hints that gateway.yaml sets for an operation; None leaves a hint to the method."""

    read_only: bool | None = None
    destructive: bool | None = None
    idempotent: bool | None = None
    open_world: bool | None = None


NOTHING_CHOSEN = ChosenHints()


def hints_of(method: str, consequential: bool | None = None, chosen: ChosenHints = NOTHING_CHOSEN) -> Hints:
    """Return the hints of an operation.

    A safe method reads, and so does an operation of any method that is declared not consequential. A POST adds something, so it is
    not destructive. Other methods overwrite or delete.
    """
    read_only = _first(chosen.read_only, method in methods.SAFE if consequential is None else not consequential)
    return Hints(
        read_only=read_only,
        destructive=not read_only and _first(chosen.destructive, method not in _CREATING),
        idempotent=read_only or _first(chosen.idempotent, method in _IDEMPOTENT),
        open_world=_first(chosen.open_world, False),
    )


def _first(chosen: bool | None, default: bool) -> bool:
    return default if chosen is None else chosen
