"""Chains: references to references, which have to end at an object."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugin_gateway.openapi.grammar import is_reference
from plugin_gateway.openapi.prune.targets import Region
from plugin_gateway.openapi.refs import RefError

if TYPE_CHECKING:
    from plugin_gateway.openapi.grammar import Kind
    from plugin_gateway.openapi.prune.targets import Landing, Targets
    from plugin_gateway.openapi.refs import Tokens


class Chains:
    """Follows chains, and remembers the places that it has seen."""

    def __init__(self, targets: Targets) -> None:
        self._targets = targets
        self._followed: set[Tokens] = set()

    def find_circle(self, kind: Kind, landing: Landing, ref: str) -> RefError | None:
        """Return an error if the chain that `ref` begins leads back to itself. Each circle is found once."""
        chain: set[Tokens] = set()
        circle: RefError | None = None
        while circle is None and is_reference(kind, landing.value) and landing.tokens not in self._followed:
            if landing.tokens in chain:
                circle = RefError(ref, "leads back to itself through other references")
            chain.add(landing.tokens)
            try:
                landing = self._targets.land(landing.value["$ref"], Region(landing.tokens))
            except RefError:
                break  # reported when the reference is copied
        self._followed |= chain
        return circle
