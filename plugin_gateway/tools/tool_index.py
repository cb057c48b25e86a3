"""A tool index: finds tools by their words, for a query in search mode."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugin_gateway.ranking.index import Index, build_index
from plugin_gateway.ranking.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugin_gateway.tools.tool import Tool


def index_tools(tools: Iterable[Tool]) -> Index:
    """Index what the definitions of the tools say, so that no other text of the document can be found."""
    return build_index(map(_subject_of, tools))


def _subject_of(tool: Tool) -> Subject:
    return Subject(
        name=tool.name,
        method=tool.method,
        path=tool.path_template,
        title=tool.title if tool.title != tool.name else "",
        description=tool.description,
        arguments=tuple(argument.name for argument in tool.arguments),
    )
