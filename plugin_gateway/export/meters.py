"""Meters: how much of each platform's limits a candidate uses."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from plugin_gateway.export.platforms.documents import MAX_PROMPT_BYTES
from plugin_gateway.export.platforms.rule import Platform
from plugin_gateway.export.platforms.tools import CLAUDE_CODE_DESCRIPTION, MAX_TOKENS, MAX_TOKENS_TOGETHER
from plugin_gateway.publish.profile import MAX_GPT_OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plugin_gateway.export.candidate import Candidate


class Meter(NamedTuple):
    """A measured value beside the limit of a platform."""

    name: str
    value: int
    limit: int


def meters_of(candidate: Candidate) -> Mapping[Platform, tuple[Meter, ...]]:
    """Measure a candidate for every platform; a platform without such a limit has no meter."""
    tools = candidate.tools if candidate.config.mcp.mode == "tools" else ()
    tokens = [tool.tokens for tool in tools]
    openai = (
        Meter("tokens of all tools", sum(tokens), MAX_TOKENS_TOGETHER),
        Meter("tokens of the longest tool", max(tokens, default=0), MAX_TOKENS),
    )
    prompt = (Meter("bytes of the document", len(candidate.documents[""]), MAX_PROMPT_BYTES),)
    longest = max((len(tool.description) for tool in tools), default=0)
    found: dict[Platform, tuple[Meter, ...]] = {
        Platform.OPENAI_PLUGIN: openai,
        Platform.CHATGPT: openai,
        Platform.CLAUDE: (Meter("characters of the longest description", longest, CLAUDE_CODE_DESCRIPTION),),
        Platform.LANGCHAIN: prompt,
        Platform.LLAMAINDEX: prompt,
        Platform.SEMANTIC_KERNEL: prompt,
        Platform.PLUGIN_V1: (Meter("operations", len(candidate.tools), MAX_GPT_OPERATIONS),),
    }
    return {platform: found.get(platform, ()) for platform in Platform}
