"""The credentials of a config, compiled: what is injected into the calls of each operation, and what callers would be surprised to see go up."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from plugin_gateway.credentials.injection import find_short_secrets, injection
from plugin_gateway.diagnostics import Finding
from plugin_gateway.gate.rule import SAFE_METHODS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from plugin_gateway.config.model import Config
    from plugin_gateway.config.selector import AllowEntry
    from plugin_gateway.config.upstream import Credential
    from plugin_gateway.credentials.injection import Injection

    Pointer = tuple[str | int, ...]


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


def compile_injections(config: Config, own: Mapping[str, AllowEntry]) -> tuple[Injections, tuple[Finding, ...]]:
    """Prepare what is injected, and find what callers would be surprised to see go up.

    `own` has, by operation id, the entries of `allow` that give an operation its own credential.
    """
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
    for operation_id, entry in own.items():
        if entry.credential is not None:
            if entry.index not in entries:
                entries[entry.index] = prepared(entry.credential, ("allow", entry.index, "credential"))
            operations[operation_id] = entries[entry.index]
    return Injections(read=read, write=write, operations=operations), tuple(findings)


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
