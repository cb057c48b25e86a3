"""The tools: their names, titles, descriptions, hints, inputs and outputs, and what their definitions cost."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from plugin_gateway import methods
from plugin_gateway.diagnostics import Pointer, Severity
from plugin_gateway.export.platforms.rule import Breach, Platform, entry_of, rule
from plugin_gateway.export.platforms.sources import CLAUDE_REVIEW, COPILOT_MANIFEST, GUIDELINES, REFERENCE, SURVEY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugin_gateway.export.candidate import Candidate, ShownTool
    from plugin_gateway.openapi.document import Json

_BUDGET: Final = "a connect error of ChatGPT, quoted in homeassistant-ai/ha-mcp#614 (2026-02)"

MAX_TOKENS: Final = 5_000
MAX_TOKENS_TOGETHER: Final = 16_000
_MAX_NAME: Final = 64
_MANY: Final = 20
_MAX_INVOCATION: Final = 64
CLAUDE_CODE_DESCRIPTION: Final = 2_048
_HINTS: Final = ("readOnlyHint", "destructiveHint", "openWorldHint")
_CREDENTIAL: Final = re.compile(
    r"(?:^|_)(?:pass(?:word|phrase|wd)|secret|api_?key|access_?key|(?:access|auth|bearer|refresh|id)_?token|otp|mfa_?code|pin)(?:$|_)"
)
_CONVERSATION: Final = re.compile(r"(?:^|_)(?:chat|conversation|message)_?(?:history|log|transcript)(?:$|_)")
_LOCATION: Final = re.compile(r"^(?:lat|lon|lng|latitude|longitude|geo_?point|gps|coordinates?)$")
_TRACE: Final = re.compile(r"^(?:x_)?(?:request|trace|span|correlation)_?id$")
_CLIENTS: Final = (Platform.OPENAI_PLUGIN, Platform.CHATGPT, Platform.CLAUDE)


@rule("tool-tokens", _BUDGET, Platform.OPENAI_PLUGIN, Platform.CHATGPT)
def tokens(candidate: Candidate) -> Iterator[Breach]:
    """A tool's definition has fewer than 5,000 tokens."""
    for tool in _listed(candidate):
        if tool.tokens >= MAX_TOKENS:
            yield Breach(
                message=f"the definition of `{tool.name}` has about {tool.tokens:,} tokens; ChatGPT takes {MAX_TOKENS:,}",
                hint="write a shorter `description` for the entry, or shorten the schemas in the document",
                pointer=_entry(candidate, tool),
            )


@rule("tools-tokens", _BUDGET, Platform.OPENAI_PLUGIN, Platform.CHATGPT)
def tokens_together(candidate: Candidate) -> Iterator[Breach]:
    """All definitions together have fewer than 16,000 tokens."""
    listed = _listed(candidate)
    together = sum(tool.tokens for tool in listed)
    if together >= MAX_TOKENS_TOGETHER:
        longest = sorted(listed, key=lambda tool: -tool.tokens)[:3]
        shown = ", ".join(f"`{tool.name}` {tool.tokens:,}" for tool in longest)
        yield Breach(
            message=f"the {len(listed)} tools have about {together:,} tokens together; ChatGPT refuses a server "
            f"with {MAX_TOKENS_TOGETHER:,} or more",
            hint=f"allow fewer operations; the longest are {shown}",
            pointer=("allow",),
        )


@rule(
    "tools-many", f"{SURVEY}: OpenAI's guide advises fewer than 20 functions", Platform.OPENAI_PLUGIN, Platform.CHATGPT
)
def many(candidate: Candidate) -> Iterator[Breach]:
    """A model chooses better among fewer than 20 tools."""
    if len(_listed(candidate)) >= _MANY:
        yield Breach(
            message=f"there are {len(candidate.tools)} tools; models choose worse among {_MANY} or more",
            hint="allow the operations that your users need most",
            pointer=("allow",),
            severity=Severity.NOTE,
        )


@rule("tool-name", CLAUDE_REVIEW, *_CLIENTS)
def name(candidate: Candidate) -> Iterator[Breach]:
    """A tool's name has at most 64 letters, digits, `_` and `-`."""
    for tool in _listed(candidate):
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", tool.name):
            yield Breach(
                message=f"clients refuse the tool `{tool.name}`: a name has 1 to {_MAX_NAME} letters, digits, `_` and `-`",
                hint="write an `operation_id` for the entry",
                pointer=_entry(candidate, tool),
            )


@rule("tool-title", f"{GUIDELINES}; {CLAUDE_REVIEW}", Platform.OPENAI_PLUGIN, Platform.CLAUDE)
def title(candidate: Candidate) -> Iterator[Breach]:
    """A tool has a title for people."""
    for tool in _listed(candidate):
        if not tool.title or tool.title == tool.name:
            yield Breach(
                message=f"`{tool.name}` has no title: users see its id",
                hint="write a `title` for the entry, or a `summary` for the operation in the document",
                pointer=_entry(candidate, tool),
                severity=Severity.WARNING if tool.title else Severity.ERROR,
            )


@rule("tool-description", GUIDELINES, *_CLIENTS)
def description(candidate: Candidate) -> Iterator[Breach]:
    """A tool has a description."""
    for tool in _listed(candidate):
        if not tool.description.strip():
            yield Breach(
                message=f"`{tool.name}` has no description, so a model does not know when to call it",
                hint="write a `description` for the entry",
                pointer=_entry(candidate, tool),
            )


@rule("claude-description", f"{SURVEY}: Claude Code cuts descriptions", Platform.CLAUDE)
def long_description(candidate: Candidate) -> Iterator[Breach]:
    """A description fits into what Claude Code shows of it."""
    for tool in _listed(candidate):
        if len(tool.description) > CLAUDE_CODE_DESCRIPTION:
            yield Breach(
                message=f"Claude Code cuts the description of `{tool.name}`, which has {len(tool.description):,} characters, "
                f"at {CLAUDE_CODE_DESCRIPTION:,}",
                hint="write a shorter `description` for the entry",
                pointer=_entry(candidate, tool),
                severity=Severity.WARNING,
            )


@rule("tool-hints", f"{REFERENCE}; {CLAUDE_REVIEW}", *_CLIENTS)
def hints(candidate: Candidate) -> Iterator[Breach]:
    """A tool has hints for reading only, destroying, and an open world; without hints it counts as a write."""
    for tool in _listed(candidate):
        if missing := [hint for hint in _HINTS if not isinstance(tool.hints.get(hint), bool)]:
            yield Breach(
                message=f"`{tool.name}` does not say {', '.join(missing)}; ChatGPT treats it as a write",
                hint="write `hints` for the entry",
                pointer=_entry(candidate, tool),
            )


@rule("tool-hints-honest", f"{GUIDELINES}; {CLAUDE_REVIEW}", *_CLIENTS)
def honest_hints(candidate: Candidate) -> Iterator[Breach]:
    """A hint matches the operation. Reviewers look for hints that do not."""
    for tool in _listed(candidate):
        is_unsafe = tool.method not in methods.SAFE
        if tool.reads_only and is_unsafe:
            yield Breach(
                message=f"`{tool.name}` claims to change nothing, but it is a {tool.method}; queued work counts as a change",
                hint="leave `consequential: false` and `hints: {read_only: true}` out, unless the operation only searches",
                pointer=_entry(candidate, tool),
                severity=Severity.WARNING,
            )
        elif tool.method == "DELETE" and tool.hints.get("destructiveHint") is False:
            yield Breach(
                message=f"`{tool.name}` claims not to destroy, but it is a DELETE",
                hint="leave `hints: {destructive: false}` out",
                pointer=_entry(candidate, tool),
                severity=Severity.WARNING,
            )


@rule("tool-output-schema", REFERENCE, Platform.OPENAI_PLUGIN)
def output_schema(candidate: Candidate) -> Iterator[Breach]:
    """A tool that returns structured content describes it."""
    if bare := [tool.name for tool in _listed(candidate) if "outputSchema" not in tool.definition]:
        yield Breach(
            message=f"{len(bare)} tools describe no result, which OpenAI advises: {_some(bare)}",
            hint="give the operations a JSON response schema in the document; long ones are left out to save tokens",
            pointer=("allow",),
            severity=Severity.NOTE,
        )


@rule("tool-inputs", GUIDELINES, Platform.OPENAI_PLUGIN)
def inputs(candidate: Candidate) -> Iterator[Breach]:
    """A tool asks for no credential, no conversation and no exact place of the user."""
    for tool in _listed(candidate):
        for argument in _members(tool.definition.get("inputSchema")):
            word = _snake(argument)
            what = (
                "a credential" if _CREDENTIAL.search(word)
                else "the conversation" if _CONVERSATION.search(word)
                else "the user's exact place" if _LOCATION.search(word)
                else ""
            )  # fmt: skip
            if what:
                yield Breach(
                    message=f"`{argument}` of `{tool.name}` looks like {what}, which reviewers refuse as an input",
                    hint="take the parameter out of the document, or the operation out of `allow`",
                    pointer=_entry(candidate, tool),
                    severity=Severity.WARNING,
                )


@rule("tool-outputs", GUIDELINES, Platform.OPENAI_PLUGIN)
def outputs(candidate: Candidate) -> Iterator[Breach]:
    """A result has no ids of requests and traces."""
    for tool in _listed(candidate):
        if found := [
            member for member in _members(tool.definition.get("outputSchema")) if _TRACE.match(_snake(member))
        ]:
            yield Breach(
                message=f"the result of `{tool.name}` has {_some(found)}, which OpenAI wants left out unless it is needed",
                hint="take it out of the API's answers",
                pointer=_entry(candidate, tool),
                severity=Severity.NOTE,
            )


@rule("tool-invocation", REFERENCE, Platform.OPENAI_PLUGIN, Platform.CHATGPT)
def invocation(candidate: Candidate) -> Iterator[Breach]:
    """The texts that ChatGPT shows during a call have at most 64 characters."""
    for tool in _listed(candidate):
        meta = tool.definition.get("_meta")
        for key in ("openai/toolInvocation/invoking", "openai/toolInvocation/invoked"):
            text = meta.get(key) if isinstance(meta, dict) else None
            if isinstance(text, str) and len(text) > _MAX_INVOCATION:
                yield Breach(
                    message=f"`{key}` of `{tool.name}` has {len(text)} characters; ChatGPT takes {_MAX_INVOCATION}",
                    hint="write a shorter `title` for the entry",
                    pointer=_entry(candidate, tool),
                )


@rule("m365-function-name", COPILOT_MANIFEST, Platform.M365)
def function_name(candidate: Candidate) -> Iterator[Breach]:
    """A function's name has letters, digits and `_` only."""
    for tool in candidate.tools:
        if not re.fullmatch(r"[A-Za-z0-9_]+", tool.name):
            yield Breach(
                message=f"Copilot refuses the whole manifest: `{tool.name}` is not made of letters, digits and `_`",
                hint=f"write `operation_id: {re.sub(r'[^A-Za-z0-9_]+', '_', tool.name)}` for the entry",
                pointer=_entry(candidate, tool),
            )


def _listed(candidate: Candidate) -> tuple[ShownTool, ...]:
    """Return the tools that the endpoint lists one by one."""
    return candidate.tools if candidate.config.mcp.mode == "tools" else ()


def _entry(candidate: Candidate, tool: ShownTool) -> Pointer:
    return entry_of(candidate, tool.name, tool.method, tool.path)


def _members(schema: Json) -> tuple[str, ...]:
    properties = schema.get("properties") if isinstance(schema, dict) else None
    return tuple(properties) if isinstance(properties, dict) else ()


def _snake(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower())


def _some(names: list[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:3])
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown


RULES: Final = (
    tokens, tokens_together, many, name, title, description, long_description, hints, honest_hints, output_schema, inputs,
    outputs, invocation, function_name,
)  # fmt: skip
