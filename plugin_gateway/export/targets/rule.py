"""A rule: one demand of a directory or a client, its source, and the search for what breaks it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeAlias

from plugin_gateway.diagnostics import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from plugin_gateway.export.candidate import Candidate


class Target(StrEnum):
    """What the gateway may be made for."""

    OPENAI_PLUGIN = "openai-plugin"
    CHATGPT = "chatgpt"
    CLAUDE = "claude"
    M365 = "m365"
    LANGCHAIN = "langchain"
    LLAMAINDEX = "llamaindex"
    SEMANTIC_KERNEL = "semantic-kernel"
    HAYSTACK = "haystack"
    ADK = "adk"
    PLUGIN_V1 = "plugin-v1"


TITLES: Final = {
    Target.OPENAI_PLUGIN: "OpenAI's plugin directory",
    Target.CHATGPT: "ChatGPT as an MCP client",
    Target.CLAUDE: "Claude and its directory",
    Target.M365: "Microsoft 365 Copilot",
    Target.LANGCHAIN: "LangChain",
    Target.LLAMAINDEX: "LlamaIndex",
    Target.SEMANTIC_KERNEL: "Semantic Kernel",
    Target.HAYSTACK: "Haystack",
    Target.ADK: "Google's Agent Development Kit",
    Target.PLUGIN_V1: "the first kind of plugins (ai-plugin.json) and GPT Actions",
}

Pointer: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """What breaks a rule: what happens in which client, and the key or the command that mends it."""

    message: str
    hint: str
    pointer: Pointer = ()
    """The key of gateway.yaml that mends it, or its nearest parent."""
    severity: Severity = Severity.ERROR
    """An error where the target refuses or does not work, a warning where something is lost, else a note."""


Search: TypeAlias = "Callable[[Candidate], Iterable[Breach]]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One demand. `name` is the rule of its findings."""

    name: str
    targets: frozenset[Target]
    source: str
    search: Search

    def judge(self, candidate: Candidate) -> Iterator[Finding]:
        for breach in self.search(candidate):
            yield Finding(
                rule=self.name,
                severity=breach.severity,
                message=breach.message,
                hint=breach.hint,
                pointer=breach.pointer,
                source=self.source,
            )


def rule(name: str, source: str, *targets: Target) -> Callable[[Search], Rule]:
    """Make a rule of the function that searches for what breaks it."""

    def make(search: Search) -> Rule:
        return Rule(name=name, targets=frozenset(targets), source=source, search=search)

    return make


def entry_of(candidate: Candidate, operation_id: str, method: str = "", path: str = "") -> Pointer:
    """Return the pointer to the entry of `allow` that names one operation alone, or to the whole list."""
    for entry in candidate.config.allow:
        if operation_id in (entry.operation_id, entry.wanted_id) or entry.key == (method, path):
            return ("allow", entry.index)
    return ("allow",)
