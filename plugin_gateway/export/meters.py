"""Meters: how much of each target's limits a candidate uses."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from plugin_gateway.export.targets.documents import MAX_PROMPT_BYTES
from plugin_gateway.export.targets.rule import Target
from plugin_gateway.export.targets.tools import CLAUDE_CODE_DESCRIPTION, MAX_TOKENS, MAX_TOKENS_TOGETHER
from plugin_gateway.publish.profile import MAX_GPT_OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plugin_gateway.export.candidate import Candidate


class Meter(NamedTuple):
    """A measured value beside the limit of a target."""

    name: str
    value: int
    limit: int


def meters_of(candidate: Candidate) -> Mapping[Target, tuple[Meter, ...]]:
    """Measure a candidate for every target; a target without such a limit has no meter."""
    tools = candidate.tools if candidate.config.mcp.mode == "tools" else ()
    tokens = [tool.tokens for tool in tools]
    openai = (
        Meter("tokens of all tools", sum(tokens), MAX_TOKENS_TOGETHER),
        Meter("tokens of the longest tool", max(tokens, default=0), MAX_TOKENS),
    )
    prompt = (Meter("bytes of the document", len(candidate.documents[""]), MAX_PROMPT_BYTES),)
    longest = max((len(tool.description) for tool in tools), default=0)
    found: dict[Target, tuple[Meter, ...]] = {
        Target.OPENAI_PLUGIN: openai,
        Target.CHATGPT: openai,
        Target.CLAUDE: (Meter("characters of the longest description", longest, CLAUDE_CODE_DESCRIPTION),),
        Target.LANGCHAIN: prompt,
        Target.LLAMAINDEX: prompt,
        Target.SEMANTIC_KERNEL: prompt,
        Target.PLUGIN_V1: (Meter("operations", len(candidate.tools), MAX_GPT_OPERATIONS),),
    }
    return {target: found.get(target, ()) for target in Target}
