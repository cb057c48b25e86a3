"""Chains: references to references, which have to end at an object."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugin_gateway.openapi.grammar import is_reference
from plugin_gateway.openapi.prune.targets import Region
from plugin_gateway.openapi.refs import RefError

if TYPE_CHECKING:
    from plugin_gateway.openapi.grammar import ObjectKind
    from plugin_gateway.openapi.prune.targets import Landing, Place, Targets
    from plugin_gateway.openapi.refs import Tokens


_LONGEST = 100
"""A chain of more references counts as circular."""


class Chains:
    """Finds the chains of one document that end at no object."""

    def __init__(self, targets: Targets) -> None:
        self._targets = targets
        self._followed: set[Tokens] = set()

    def find_break(self, kind: ObjectKind, ref: str, at: Place) -> RefError | None:
        """Return what is wrong with the chain that `ref`, written at `at`, begins. Only local references are followed."""
        for _ in range(_LONGEST):
            if not ref.startswith("#"):
                return None
            try:
                target = self._targets.land(ref, at, kind).value
            except RefError as error:
                return error
            if not is_reference(kind, target):
                return None
            ref = target["$ref"]
        return RefError(ref, "leads back to itself")

    def find_circle(self, kind: ObjectKind, landing: Landing, ref: str) -> RefError | None:
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
