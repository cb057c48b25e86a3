"""A rule: one demand of a directory or a client, its source, and the function that finds its breaches."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from plugin_gateway.diagnostics import Finding, Pointer, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from plugin_gateway.export.candidate import Candidate


class Platform(StrEnum):
    """A directory or a client whose rules `check --target` knows."""

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


class Breach(Struct, frozen=True, kw_only=True):
    """A reason why a candidate breaks a rule: `message` says what happens in which client, `hint` what to write."""

    message: str
    hint: str
    pointer: Pointer = ()
    """The key of gateway.yaml that mends it, or its nearest parent."""
    severity: Severity = Severity.ERROR
    """An error where the platform refuses or does not work, a warning where something is lost, else a note."""


Search: TypeAlias = "Callable[[Candidate], Iterable[Breach]]"


class Rule(Struct, frozen=True, kw_only=True):
    """One demand. `name` is the rule of its findings."""

    name: str
    platforms: frozenset[Platform]
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


def rule(name: str, source: str, *platforms: Platform) -> Callable[[Search], Rule]:
    """Make a rule of the function that finds its breaches."""

    def make(search: Search) -> Rule:
        return Rule(name=name, platforms=frozenset(platforms), source=source, search=search)

    return make


def missing(key: str, example: str, message: str, severity: Severity = Severity.ERROR) -> Breach:
    """Return the breach of a gateway.yaml that leaves out a key of `plugin`. The hint shows the key with `example`."""
    hint = f"write `{key}: {example}` below `plugin`"
    return Breach(message=message, hint=hint, pointer=("plugin",), severity=severity)


def wanted(name: str, source: str, platform: Platform, *, key: str, example: str, message: str) -> Rule:
    """Make a rule that warns if gateway.yaml leaves out a key of `plugin`."""

    def search(candidate: Candidate) -> Iterator[Breach]:
        if not getattr(candidate.config.plugin, key):
            yield missing(key, example, message, Severity.WARNING)

    return Rule(name=name, platforms=frozenset({platform}), source=source, search=search)


def entry_of(candidate: Candidate, operation_id: str, method: str = "", path: str = "") -> Pointer:
    """Return the pointer to the entry of `allow` that names one operation alone, or to the whole list."""
    for entry in candidate.config.allow:
        if operation_id in (entry.operation_id, entry.wanted_id) or entry.key == (method, path):
            return ("allow", entry.index)
    return ("allow",)
