"""The review: what OpenAI's reviewers need before they look at a plugin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugin_gateway.config.mistake import nearest
from plugin_gateway.diagnostics import Severity
from plugin_gateway.export.platforms.rule import Breach, Platform, rule, wanted
from plugin_gateway.export.platforms.sources import REVIEW, SUBMISSION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugin_gateway.export.candidate import Candidate

_POSITIVE, _NEGATIVE = 5, 3


@rule("openai-cases", REVIEW, Platform.OPENAI_PLUGIN)
def cases(candidate: Candidate) -> Iterator[Breach]:
    """A submission has five prompts that call tools and three that call no tool. Each names only tools that exist."""
    plugin = candidate.config.plugin
    names = [tool.name for tool in candidate.tools]
    if len(plugin.cases) < _POSITIVE:
        example = f"{{prompt: …, tools: [{names[0] if names else 'listOrders'}], expect: …}}"
        yield Breach(
            message=f"reviewers want {_POSITIVE} prompts that call tools; there are {len(plugin.cases)}",
            hint=f"add entries such as `- {example}` to `plugin.cases`, and try each",
            pointer=("plugin", "cases"),
            severity=Severity.WARNING,
        )
    if len(plugin.refusals) < _NEGATIVE:
        yield Breach(
            message=f"reviewers want {_NEGATIVE} prompts that must call no tool; there are {len(plugin.refusals)}",
            hint="add entries such as `- {prompt: …}` to `plugin.refusals`",
            pointer=("plugin", "refusals"),
            severity=Severity.WARNING,
        )
    for index, case in enumerate(plugin.cases):
        pointer = ("plugin", "cases", index)
        if not case.tools or not case.expect:
            message = "a case for reviewers names the tools that it calls and what the reviewer should see"
            yield Breach(message=message, hint="add `tools` and `expect`", pointer=pointer)
        for tool in case.tools:
            if tool not in names:
                message = f"the case names {tool!r}, which is not a tool of this gateway"
                yield Breach(message=message, hint=f"{nearest(tool, names)}see `plugin-gateway ops`", pointer=pointer)


recording = wanted(
    "openai-recording", REVIEW, Platform.OPENAI_PLUGIN,
    key="recording", example="https://example.com/demo.mp4",
    message="reviewers want a video that shows the plugin at work",
)  # fmt: skip
release_notes = wanted(
    "openai-release-notes", SUBMISSION, Platform.OPENAI_PLUGIN,
    key="release_notes", example="First version.",
    message="a submission has release notes",
)  # fmt: skip
domain_proof = wanted(
    "openai-domain-proof", SUBMISSION, Platform.OPENAI_PLUGIN,
    key="openai_challenge", example="{env: OPENAI_APPS_CHALLENGE}",
    message="OpenAI cannot check who owns the domain: the gateway does not serve the token that the portal shows",
)  # fmt: skip

RULES: Final = (cases, recording, release_notes, domain_proof)
