"""The extensions that a document keeps while it is pruned: gateway.yaml names them, or the gateway acts on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugin_gateway.openapi.versions.upgrade import UNDERSTOOD_EXTENSIONS
from plugin_gateway.shape.values.keywords import MCP_HEADER

if TYPE_CHECKING:
    from collections.abc import Iterable


def extensions_to_keep(public: Iterable[str]) -> frozenset[str]:
    """Return the names to keep; `public` has the value of `public.extensions`."""
    return frozenset({*public, *UNDERSTOOD_EXTENSIONS, MCP_HEADER})
