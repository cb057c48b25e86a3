"""The first kind of plugins, and GPT Actions: what ChatGPT demanded of a manifest, its domain and its document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from plugin_gateway.config.auth import NoAuth, OAuthAuth, ServiceHttpAuth
from plugin_gateway.diagnostics import Severity
from plugin_gateway.export.platforms.rule import Breach, Platform, rule
from plugin_gateway.export.platforms.server import long_call, site_of
from plugin_gateway.openapi.document import Document
from plugin_gateway.publish.manifest import is_local_url
from plugin_gateway.publish.profile import MAX_GPT_OPERATIONS, MAX_OPERATION_TEXT, MAX_PARAMETER_TEXT, Profile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugin_gateway.export.candidate import Candidate

_PLUGINS: Final = "OpenAI's documentation of plugins (2023) and GPT Actions (2024)"
_BUILDERS: Final = "two builders of GPTs, from experience; not in the official text"
_END: Final = "OpenAI's help, article 20001519: announced 2026-09-11"

_MAX_CALL_S: Final = 45.0
_MAX_ANSWER: Final = 100_000
# Providers on whose domains logins may be, wherever the endpoints are.
_FREE_PROVIDERS: Final = frozenset(
    {"google.com", "googleapis.com", "microsoft.com", "microsoftonline.com", "adobe.com", "adobelogin.com"}
)


@rule("gpt-actions-end", _END, Platform.PLUGIN_V1)
def end(candidate: Candidate) -> Iterator[Breach]:  # noqa: ARG001  # it concerns every gateway
    """GPTs, and Actions with them, end on 2026-12-11."""
    yield Breach(
        message="GPTs and their Actions end on 2026-12-11; LangChain, LlamaIndex and crawlers still read this manifest",
        hint="publish the package of `plugin-gateway plugin`, too",
        pointer=("plugin",),
        severity=Severity.NOTE,
    )


@rule("plugin-v1-port", _PLUGINS, Platform.PLUGIN_V1)
def port(candidate: Candidate) -> Iterator[Breach]:
    """A remote plugin is at port 443."""
    url = candidate.server_info.public_url
    if not is_local_url(url) and urlsplit(url).port not in (None, 443):
        yield Breach(
            message=f"ChatGPT calls port 443 only, and {url} names another",
            hint="terminate TLS at port 443, and write `public: {url: https://HOST}`",
            pointer=("public", "url"),
        )


@rule("plugin-v1-local-auth", _PLUGINS, Platform.PLUGIN_V1)
def local_auth(candidate: Candidate) -> Iterator[Breach]:
    """A plugin on localhost has no authentication."""
    if is_local_url(candidate.server_info.public_url) and not isinstance(candidate.config.auth, NoAuth):
        yield Breach(
            message="a plugin on localhost cannot have authentication",
            hint="write `public: {url: https://plugin.example.com}`, or `auth: {type: none}` while you try it",
            pointer=("auth", "type"),
        )


@rule("plugin-v1-verification", _PLUGINS, Platform.PLUGIN_V1)
def verification(candidate: Candidate) -> Iterator[Breach]:
    """A manifest with a token or OAuth shows the verification token that ChatGPT issued."""
    auth = candidate.config.auth
    if isinstance(auth, ServiceHttpAuth | OAuthAuth) and "openai" not in auth.verification_tokens:
        yield Breach(
            message="the manifest has no verification token of ChatGPT, which shows one when the plugin is registered",
            hint="write `verification_tokens: {openai: …}` below `auth`",
            pointer=("auth",),
            severity=Severity.WARNING,
        )


@rule("plugin-v1-domains", _PLUGINS, Platform.PLUGIN_V1)
def domains(candidate: Candidate) -> Iterator[Breach]:
    """The legal terms, the contact and the login are on the plugin's domain."""
    ours = site_of(candidate.server_info.public_url)
    if not ours:
        return
    legal, email = str(candidate.manifest["legal_info_url"]), str(candidate.manifest["contact_email"])
    if (theirs := site_of(legal)) != ours:
        yield Breach(
            message=f"`legal_info_url` must be on the plugin's domain {ours}, and it is on {theirs or legal}",
            hint=f"write a URL of {ours}",
            pointer=("manifest", "legal_info_url"),
        )
    if (theirs := site_of(f"https://{email.rpartition('@')[2]}")) != ours:
        yield Breach(
            message=f"`contact_email` should be on the plugin's domain {ours}, and it is on {theirs or email}",
            hint=f"write an address of {ours}",
            pointer=("manifest", "contact_email"),
            severity=Severity.WARNING,
        )
    auth = candidate.manifest["auth"]
    for key in ("client_url", "authorization_url"):
        url = auth.get(key) if isinstance(auth, dict) else None
        if isinstance(url, str) and url and (theirs := site_of(url)) != ours and theirs not in _FREE_PROVIDERS:
            yield Breach(
                message=f"`auth.{key}` must be on the plugin's domain {ours}, and it is on {theirs or url}",
                hint="write `facade` below `auth`, which serves the provider's endpoints on the gateway's host",
                pointer=("auth",),
            )


@rule("plugin-v1-texts", _PLUGINS, Platform.PLUGIN_V1)
def texts(candidate: Candidate) -> Iterator[Breach]:
    """The texts of the document that the manifest names have at most 300 (operations) and 700 (parameters) characters."""
    query = urlsplit(str(candidate.manifest["api"]["url"])).query
    profile = query.removeprefix("profile=") if query.startswith("profile=") else ""
    document = candidate.profile(profile)
    for key, operation in Document(root=document, name="served").operations.items():
        node = operation.node
        found = [name for name in ("summary", "description") if len(str(node.get(name) or "")) > MAX_OPERATION_TEXT]
        listed = node.get("parameters")
        long = [
            one
            for one in (listed if isinstance(listed, list) else ())
            if isinstance(one, dict) and len(str(one.get("description") or "")) > MAX_PARAMETER_TEXT
        ]
        if found or long:
            yield Breach(
                message=f"texts of `{key}` are longer than ChatGPT reads: {MAX_OPERATION_TEXT} characters for an operation, "
                f"{MAX_PARAMETER_TEXT} for a parameter",
                hint=f"load `/openapi.json?profile={Profile.PLUGIN}`, which cuts them, or write a `description` for the entry",
                pointer=("allow",),
            )


@rule("plugin-v1-operations", _BUILDERS, Platform.PLUGIN_V1)
def operations(candidate: Candidate) -> Iterator[Breach]:
    """GPT Actions have at most 30 operations."""
    count = len(Document(root=candidate.document, name="served").operations)
    if count > MAX_GPT_OPERATIONS:
        yield Breach(
            message=f"{count} operations are allowed, and GPT Actions take {MAX_GPT_OPERATIONS}",
            hint="allow fewer, or run a second gateway for the rest",
            pointer=("allow",),
        )


@rule("plugin-v1-answers", _PLUGINS, Platform.PLUGIN_V1)
def answers(candidate: Candidate) -> Iterator[Breach]:
    """An answer has at most 100,000 characters."""
    limit = candidate.config.limits.response_body
    if limit is None or limit > _MAX_ANSWER:
        shown = "any size" if limit is None else f"{limit:,} bytes"
        yield Breach(
            message=f"an answer may have {shown}; ChatGPT refuses more than {_MAX_ANSWER:,} characters",
            hint="write `response_body: 100kB` below `limits`",
            pointer=("limits", "response_body") if limit else ("limits",),
            severity=Severity.WARNING,
        )


@rule("plugin-v1-call-time", _PLUGINS, Platform.PLUGIN_V1)
def call_time(candidate: Candidate) -> Iterator[Breach]:
    """A call takes at most 45 s."""
    yield from long_call(candidate, _MAX_CALL_S, "ChatGPT gives up after 45 s")


RULES: Final = (end, port, local_auth, verification, domains, texts, operations, answers, call_time)
