"""What a forwarded call gets and what bounds it: the injections and the limits of a revision, compiled from the config."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from plugin_gateway.diagnostics import Finding
from plugin_gateway.policy.credentials import find_short_secrets, injection
from plugin_gateway.policy.limits import BAD_CREDENTIALS, CallLimits, rate_limit
from plugin_gateway.policy.rule import SAFE_METHODS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from plugin_gateway.config.model import Config
    from plugin_gateway.config.upstream import Credential
    from plugin_gateway.openapi.document import OperationKey
    from plugin_gateway.policy.allowlist import Kept
    from plugin_gateway.policy.credentials import Injection

    Pointer = tuple[str | int, ...]

_STORE_SCHEMES = ("redis", "rediss", "unix")


@dataclass(frozen=True, slots=True, kw_only=True)
class Injections:
    """What is set on the calls of each operation: its own, or that for safe methods, or that for the others."""

    read: Injection = field(repr=False)
    write: Injection = field(repr=False)
    operations: Mapping[str, Injection] = field(default_factory=dict, repr=False)
    """By operation id."""

    @property
    def every(self) -> tuple[Injection, ...]:
        return (self.read, self.write, *self.operations.values())

    def of(self, operation_id: str, method: str) -> Injection:
        """What is set on the calls of one operation."""
        return self.operations.get(operation_id) or (self.read if method in SAFE_METHODS else self.write)


def compile_injections(
    config: Config, kept: Mapping[OperationKey, Kept], ids: Mapping[OperationKey, str]
) -> tuple[Injections, tuple[Finding, ...]]:
    """Prepare what is injected, and find what callers would be surprised to see go up."""
    findings: list[Finding] = []
    passes = bool(getattr(config.auth, "passthrough", False))

    def prepared(credentials: Sequence[Credential], pointer: Pointer) -> Injection:
        findings.extend(_judge(config, credentials, pointer, passes=passes))
        return injection(credentials)

    upstream = config.upstream
    read = prepared(upstream.credential, ("upstream", "credential"))
    write = read
    if upstream.write_credential is not None:
        write = prepared(upstream.write_credential, ("upstream", "write_credential"))
    # One entry may name many operations: it is judged once.
    entries: dict[int, Injection] = {}
    operations: dict[str, Injection] = {}
    for key, one in kept.items():
        entry = next((entry for entry in one.entries if entry.credential is not None), None)
        if entry is not None and entry.credential is not None:
            if entry.index not in entries:
                entries[entry.index] = prepared(entry.credential, ("allow", entry.index, "credential"))
            operations[ids[key]] = entries[entry.index]
    return Injections(read=read, write=write, operations=operations), tuple(findings)


def compile_call_limits(
    config: Config, kept: Mapping[OperationKey, Kept], ids: Mapping[OperationKey, str]
) -> tuple[CallLimits, tuple[Finding, ...]]:
    """Compile the limits. Names in keys are our own and the operator's, so that buckets survive a reload and a restart."""
    limits = config.limits
    operations = {
        ids[key]: limit
        for key, one in kept.items()
        if (limit := rate_limit("operation", f"operation:{ids[key]}", one.rate)) is not None
    }
    consumers = {
        consumer.name: limit
        for consumer in config.consumers
        if (limit := rate_limit("consumer", f"consumer:{consumer.name}", consumer.rate)) is not None
    }
    compiled = CallLimits(
        rate=rate_limit("gateway", "gateway", limits.rate, limits.burst),
        user=rate_limit("user", "user", limits.per_ephemeral_user),
        operations=operations,
        consumers=consumers,
        bad_credentials=rate_limit(BAD_CREDENTIALS.name, BAD_CREDENTIALS.key, limits.bad_credentials),
        token_requests=rate_limit("oauth-token", "oauth-token", limits.rate, limits.burst),
        concurrency=limits.concurrency or 0,
        store_url=limits.redis.reveal() if limits.redis is not None else "",
        refuses_without_store=limits.on_store_failure == "refuse",
        space=config.public_url,
    )
    return compiled, tuple(_judge_store(compiled.store_url))


def _judge(config: Config, credentials: Sequence[Credential], pointer: Pointer, *, passes: bool) -> Iterator[Finding]:
    yield from find_short_secrets(credentials, pointer)
    if passes and pointer != ("upstream", "credential") and not any(_is_passthrough(one) for one in credentials):
        # That of `upstream.credential` is found where callers are compiled.
        yield Finding(
            rule="passthrough-goes-nowhere",
            message="nobody judges the callers: the upstream is to, and would get our credential instead of theirs",
            hint="write `passthrough: true` here, or leave the key out",
            pointer=pointer,
        )
    for index, credential in enumerate(credentials):
        if _is_passthrough(credential) and not (passes or config.auth.type == "none"):
            yield Finding(
                rule="passthrough-of-ours",
                message=f"what callers show under `auth: {config.auth.type}` is for this gateway, and would go upstream",
                hint="take another credential, such as token_exchange, or `auth: {type: user_http, passthrough: true}`",
                pointer=(*pointer, index),
            )


def _is_passthrough(credential: Credential) -> bool:
    return bool(getattr(credential, "passthrough", False))


def _judge_store(url: str) -> Iterator[Finding]:
    if not url:
        return
    pointer = ("limits", "redis")
    try:
        parts = urlsplit(url)
        is_url = parts.scheme in _STORE_SCHEMES and (bool(parts.hostname) or parts.scheme == "unix")
        is_url = is_url and parts.port != 0
    except ValueError:
        is_url = False
    if not is_url:
        message = "the secret that `limits.redis` names is not the URL of a Redis"
        yield Finding(rule="bad-url", message=message, hint="such as redis://HOST:6379/0", pointer=pointer)
    if find_spec("redis") is None:
        message = "`limits.redis` needs the redis extra"
        hint = "pip install 'plugin-gateway[redis]'"
        yield Finding(rule="missing-extra", message=message, hint=hint, pointer=pointer)
