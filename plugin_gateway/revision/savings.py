"""Savings: how many tokens each overlay saves a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from plugin_gateway.errors import FindingsError
from plugin_gateway.publish.manifest import DOCUMENT_PATH
from plugin_gateway.revision.build import recompile
from plugin_gateway.tools.tokens import estimate_tokens

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from plugin_gateway.revision.build import Built
    from plugin_gateway.revision.model import Revision


class Cost(NamedTuple):
    """The tokens of what a model reads of one gateway."""

    tools: int
    document: int


class Saving(NamedTuple):
    """What one overlay changes."""

    overlay: Path
    before: Cost | None
    """None if the allow-list needs the overlay, because then the gateway does not compile without it."""
    after: Cost | None


def savings_of(built: Built) -> tuple[Saving, ...]:
    """Compare the gateway before and after each overlay. This compiles a revision for each: for `check`, not for `serve`."""
    costs = [*_costs(built)]
    overlays = built.loaded.config.openapi.overlays
    return tuple(Saving(path, costs[index], costs[index + 1]) for index, path in enumerate(overlays))


def _costs(built: Built) -> Iterator[Cost | None]:
    for document in built.stages[:-1]:
        try:
            yield cost_of(recompile(built, document))
        except FindingsError:
            yield None
    yield cost_of(built.revision)


def cost_of(revision: Revision) -> Cost:
    return Cost(
        tools=sum(tool.tokens for tool in revision.tools), document=estimate_tokens(revision.faces[DOCUMENT_PATH].body)
    )
