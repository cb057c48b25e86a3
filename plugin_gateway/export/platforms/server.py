"""The endpoint: where it is, how clients log in, and how much time and text a call may take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from plugin_gateway.config.address import is_this_machine
from plugin_gateway.config.auth import OAuthAuth, ServiceHttpAuth, UserHttpAuth
from plugin_gateway.diagnostics import Severity
from plugin_gateway.export.platforms.rule import Breach, Platform, rule
from plugin_gateway.export.platforms.sources import (
    CLAUDE_REVIEW,
    COPILOT_MANIFEST,
    GUIDELINES,
    REFERENCE,
    REVIEW,
    SUBMISSION,
    SURVEY,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugin_gateway.export.candidate import Candidate

_OPENAI_AUTH: Final = "OpenAI, plugins/build/auth (read 2026-09-08)"
_CLAUDE_AUTH: Final = "Claude, connectors/building/authentication (read 2026-05)"
_FORUM: Final = "OpenAI's forum, 2026-04; Claude's support: measured, not promised"

CHATGPT_CALLBACK: Final = "https://chatgpt.com/connector_platform_oauth_redirect"
CHATGPT_CALLBACKS: Final = "https://chatgpt.com/connector/oauth/"
CLAUDE_CALLBACK: Final = "https://claude.ai/api/mcp/auth_callback"
_MAX_INSTRUCTIONS: Final = 512
_MAX_CALL_S: Final = 60.0
_CLAUDE_CODE_BYTES: Final = 100_000  # 25,000 tokens
_SECOND_LEVELS: Final = frozenset({"ac", "co", "com", "edu", "gov", "ne", "net", "or", "org"})
_MCP_CLIENTS: Final = (Platform.OPENAI_PLUGIN, Platform.CHATGPT, Platform.CLAUDE)


@rule("mcp-endpoint", SUBMISSION, *_MCP_CLIENTS)
def endpoint(candidate: Candidate) -> Iterator[Breach]:
    """There is an MCP endpoint, and it has tools."""
    if not candidate.server_info.mcp_url:
        message = "there is no MCP endpoint to connect to"
        yield Breach(message=message, hint="leave `mcp` out, or write `mcp: {mode: tools}`", pointer=("mcp",))
    elif not candidate.tools:
        message = "no operation is allowed, so the endpoint has no tools"
        yield Breach(
            message=message, hint="name operations in `allow`; `plugin-gateway ops` lists them", pointer=("allow",)
        )


@rule("mcp-search-mode", f"{GUIDELINES}; {CLAUDE_REVIEW}", Platform.OPENAI_PLUGIN, Platform.CLAUDE)
def search_mode(candidate: Candidate) -> Iterator[Breach]:
    """Directories refuse tools that reach operations which the server does not list one by one."""
    if candidate.config.mcp.mode == "search":
        yield Breach(
            message="the directories of OpenAI and Claude refuse `call_operation`: it reaches operations that are not listed",
            hint="write `mode: tools`, and allow fewer operations if their definitions are too long",
            pointer=("mcp", "mode"),
        )


@rule("public-url", f"{SUBMISSION}; {_CLAUDE_AUTH}; {COPILOT_MANIFEST}", *_MCP_CLIENTS, Platform.M365)
def public_url(candidate: Candidate) -> Iterator[Breach]:
    """Clients in the cloud reach the gateway over https at a public name."""
    parts = urlsplit(candidate.server_info.public_url)
    host = parts.hostname or ""
    if parts.scheme != "https" or is_this_machine(host) or "." not in host.strip("."):
        yield Breach(
            message=f"clients in the cloud cannot reach {candidate.server_info.public_url}",
            hint="write `public: {url: https://plugin.example.com}` with the name at which TLS ends in front of the gateway",
            pointer=("public", "url"),
        )


@rule("own-domain", f"{GUIDELINES}; {CLAUDE_REVIEW}", Platform.OPENAI_PLUGIN, Platform.CLAUDE)
def own_domain(candidate: Candidate) -> Iterator[Breach]:
    """The endpoint is on the domain of the service that it calls and of the pages that the listing links to."""
    ours = site_of(candidate.server_info.public_url)
    upstream = candidate.config.upstream.url
    if ours and not upstream.socket and (theirs := site_of(str(upstream))) and theirs != ours:
        yield Breach(
            message=f"the gateway is at {ours} and calls an API at {theirs}: directories refuse unofficial connectors",
            hint="serve the gateway below the domain of the service, or have its owner publish it",
            pointer=("public", "url"),
            severity=Severity.WARNING,
        )
    plugin = candidate.config.plugin
    for key in ("website", "privacy", "support"):
        url = getattr(plugin, key)
        if ours and url and (theirs := site_of(url)) and theirs != ours:
            yield Breach(
                message=f"`plugin.{key}` is at {theirs}, and the gateway at {ours}: reviewers ask whose service it is",
                hint=f"link to a page of {ours}, or serve the gateway below {theirs}",
                pointer=("plugin", key),
                severity=Severity.WARNING,
            )


@rule("mcp-login", f"{_OPENAI_AUTH}; {_CLAUDE_AUTH}", *_MCP_CLIENTS)
def login(candidate: Candidate) -> Iterator[Breach]:
    """ChatGPT and Claude log in with OAuth or not at all; no user can give them a key."""
    auth = candidate.config.auth
    if isinstance(auth, ServiceHttpAuth | UserHttpAuth):
        yield Breach(
            message=f"ChatGPT and Claude cannot send the token that `auth: {{type: {auth.type}}}` demands",
            hint="write `auth: {type: oauth, issuer: …}` for users who log in, or `auth: {type: none}`",
            pointer=("auth", "type"),
        )
    elif isinstance(auth, OAuthAuth) and not auth.issuer:
        yield Breach(
            message="the endpoint's metadata (RFC 9728) names no authorization server, so a client cannot log in",
            hint="write `issuer: https://login.example.com` below `auth`",
            pointer=("auth",),
        )


@rule("chatgpt-redirect-uri", _OPENAI_AUTH, Platform.OPENAI_PLUGIN, Platform.CHATGPT)
def chatgpt_redirect(candidate: Candidate) -> Iterator[Breach]:
    """After the login, users can return to ChatGPT."""
    yield from _redirect(candidate, "ChatGPT", CHATGPT_CALLBACK, (CHATGPT_CALLBACK, CHATGPT_CALLBACKS))


@rule("claude-redirect-uri", _CLAUDE_AUTH, Platform.CLAUDE)
def claude_redirect(candidate: Candidate) -> Iterator[Breach]:
    """After the login, users can return to Claude."""
    also = CLAUDE_CALLBACK.replace("claude.ai", "claude.com")
    yield from _redirect(candidate, "Claude", CLAUDE_CALLBACK, (CLAUDE_CALLBACK, also))


@rule("chatgpt-instructions", REFERENCE, Platform.OPENAI_PLUGIN, Platform.CHATGPT)
def instructions(candidate: Candidate) -> Iterator[Breach]:
    """The first 512 characters of the server's instructions have what matters."""
    text = str(candidate.manifest["description_for_model"])
    if len(text) > _MAX_INSTRUCTIONS:
        yield Breach(
            message=f"ChatGPT reads {_MAX_INSTRUCTIONS} of the {len(text):,} characters of `manifest.description_for_model`",
            hint="begin with when to use the tools",
            pointer=("manifest", "description_for_model"),
            severity=Severity.NOTE,
        )


@rule("openai-demo-login", REVIEW, Platform.OPENAI_PLUGIN)
def demo_login(candidate: Candidate) -> Iterator[Breach]:
    """Reviewers can log in."""
    if isinstance(candidate.config.auth, OAuthAuth):
        yield Breach(
            message="reviewers log in with an account that you enter in the portal, never in the package",
            hint="make an account with sample data, without a second factor and without codes by e-mail",
            pointer=("auth",),
            severity=Severity.NOTE,
        )


@rule("call-time", _FORUM, *_MCP_CLIENTS)
def call_time(candidate: Candidate) -> Iterator[Breach]:
    """A call ends before the client gives up."""
    yield from long_call(candidate, _MAX_CALL_S, "ChatGPT and Claude give up after about 60 s")


@rule("claude-result-size", f"{SURVEY}: Claude Code takes 25,000 tokens", Platform.CLAUDE)
def result_size(candidate: Candidate) -> Iterator[Breach]:
    """A result fits into what Claude shows its model."""
    size = candidate.config.mcp.result_bytes
    if size > _CLAUDE_CODE_BYTES:
        yield Breach(
            message=f"a result may have {size:,} bytes; Claude Code writes more than about {_CLAUDE_CODE_BYTES:,} to a file",
            hint="write `result_bytes: 100kB` below `mcp`",
            pointer=("mcp", "result_bytes"),
            severity=Severity.WARNING,
        )


def long_call(candidate: Candidate, limit_s: float, what_happens: str) -> Iterator[Breach]:
    """Warn if a call may take longer than a client waits."""
    total = candidate.config.upstream.timeout.total
    if total <= 0 or total > limit_s:
        yield Breach(
            message=f"a call may take {f'{total:g} s' if total > 0 else 'any amount of time'}; {what_happens}",
            hint="write `timeout: {total: 45s}` below `upstream`",
            pointer=("upstream", "timeout", "total"),
            severity=Severity.WARNING,
        )


def site_of(url: str) -> str:
    """Return the registered domain of a URL's host; empty for a host of one machine or one network."""
    host = (urlsplit(url).hostname or "").rstrip(".").lower()
    labels = host.split(".")
    is_address = ":" in host or labels[-1].isdigit()
    if is_address or len(labels) == 1 or labels[-1] in {"internal", "local", "localhost", "svc", "test", "lan"}:
        return ""
    is_country = len(labels[-1]) == 2 and len(labels) > 2 and labels[-2] in _SECOND_LEVELS
    return ".".join(labels[-3 if is_country else -2 :])


def _redirect(candidate: Candidate, client: str, uri: str, accepted: tuple[str, ...]) -> Iterator[Breach]:
    auth = candidate.config.auth
    if not isinstance(auth, OAuthAuth):
        return
    if auth.facade is None:
        yield Breach(
            message=f"{client} logs in only if its redirect URI is registered at the provider",
            hint=f"register {uri} at {auth.issuer or 'the provider'}, unless it registers clients itself (CIMD or DCR)",
            pointer=("auth",),
            severity=Severity.NOTE,
        )
    elif not any(one.startswith(accepted) for one in auth.facade.redirect_uris):
        yield Breach(
            message=f"{client} cannot log in through the façade: its redirect URI is not allowed",
            hint=f"add {uri} to `auth.facade.redirect_uris`, and register it at the provider",
            pointer=("auth", "facade", "redirect_uris"),
        )


RULES: Final = (
    endpoint, search_mode, public_url, own_domain, login, chatgpt_redirect, claude_redirect, instructions, demo_login, call_time,
    result_size,
)  # fmt: skip
