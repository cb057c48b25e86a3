"""A tool set: the tools of one view, which are built on first use."""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING

from msgspec import Struct

from plugin_gateway.tools.hints import NOTHING_CHOSEN, ChosenHints

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from plugin_gateway.openapi.document import Document, OperationKey
    from plugin_gateway.ranking.index import Index
    from plugin_gateway.tools.tool import Tool


class ToolSettings(Struct, frozen=True, kw_only=True):
    """What gateway.yaml says about the tool of one operation, besides what the served document says."""

    title: str = ""
    hints: ChosenHints = NOTHING_CHOSEN
    slashes: frozenset[str] = frozenset()
    """Path parameters whose values may contain a slash."""


class ToolSet:
    """The tools of one view, by name, in the order of the document.

    They are built on first access, because `check` does not need them. Pickling builds them, so that workers do not.
    """

    def __init__(self, build: Callable[[], tuple[Tool, ...]], *, is_searched: bool = False) -> None:
        """Take a function that builds the tools. It must return equal tools in every process.

        `is_searched` says that callers search the tools, so pickling builds the index, too.
        """
        self._build = build
        self.is_searched = is_searched

    @cached_property
    def tools(self) -> tuple[Tool, ...]:
        return self._build()

    @cached_property
    def by_name(self) -> Mapping[str, Tool]:
        return {tool.name: tool for tool in self.tools}

    @cached_property
    def index(self) -> Index:
        """The words of the tools. Its subjects are the tools, in their order."""
        from plugin_gateway.tools.tool_index import index_tools  # noqa: PLC0415  # only a search needs it

        return index_tools(self.tools)

    def __iter__(self) -> Iterator[Tool]:
        return iter(self.tools)

    def __len__(self) -> int:
        return len(self.tools)

    def __eq__(self, other: object) -> bool:
        return self.tools == other.tools if isinstance(other, ToolSet) else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(self.by_name))

    def __repr__(self) -> str:
        return f"ToolSet({', '.join(self.by_name)})"

    def __reduce__(
        self,
    ) -> tuple[Callable[[tuple[Tool, ...], Index | None], ToolSet], tuple[tuple[Tool, ...], Index | None]]:
        return tool_set, (self.tools, self.index if self.is_searched else None)


def tool_set(tools: tuple[Tool, ...] = (), index: Index | None = None) -> ToolSet:
    """Return the set of tools that are already built; they are searched if there is an index."""
    made = ToolSet(lambda: tools, is_searched=index is not None)
    if index is not None:
        made.index = index
    return made


NO_TOOLS = tool_set()


def build_tool_set(
    served: Document, settings: Mapping[OperationKey, ToolSettings], *, is_searched: bool = False
) -> ToolSet:
    """Build a tool for each operation of a served document, which is in version 3.1 or 3.2.

    The work is done on first access.
    """
    return ToolSet(partial(_define, served, settings), is_searched=is_searched)


def _define(served: Document, settings: Mapping[OperationKey, ToolSettings]) -> tuple[Tool, ...]:
    from plugin_gateway.tools.define import define_all  # noqa: PLC0415  # `check` builds no tools and must not pay for it

    return define_all(served, settings)
