"""Compiling approvals: the settings of gateway.yaml, and the mistakes in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugin_gateway.approvals.settings import ApprovalSettings, hash_of
from plugin_gateway.diagnostics import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from plugin_gateway.config.model import Config

_SHORTEST_KEY: Final = 16


def compile_approvals(config: Config, held: Mapping[str, int]) -> tuple[ApprovalSettings, tuple[Finding, ...]]:
    """Compile. `held` are the operations whose calls need approval, with the indexes of their entries in `allow`."""
    approvals = config.approvals
    settings = ApprovalSettings(
        expires_s=approvals.expires,
        url=approvals.url or "",
        key_hash=hash_of(approvals.key.reveal()) if approvals.key is not None else b"",
        idempotency_key=approvals.idempotency_key,
        store_url=config.limits.redis.reveal() if config.limits.redis is not None else "",
        space=config.public_url,
    )
    return settings, tuple(_find_mistakes(config, held))


def _find_mistakes(config: Config, held: Mapping[str, int]) -> Iterator[Finding]:
    key = config.approvals.key
    if key is not None and len(key.reveal()) < _SHORTEST_KEY:
        yield Finding(
            rule="short-key",
            message="the approvers' key is short enough to be guessed",
            hint=f"take at least {_SHORTEST_KEY} random characters, for example from `openssl rand -hex 16`",
            pointer=("approvals", "key"),
        )
    if held and config.admin is not None and config.admin.socket and config.approvals.url is None:
        yield Finding(
            rule="approval-without-url",
            severity=Severity.WARNING,
            message="approval links do not work, because `admin` is a Unix socket; only `plugin-gateway approve` does",
            hint="set `approvals.url` to the URL under which a proxy publishes the socket",
            pointer=("admin",),
        )
    for operation, entry in held.items() if config.admin is None else ():
        yield Finding(
            rule="approval-without-admin",
            message=f"calls of `{operation}` wait for a person's approval, and there is no `admin` listener where a person can give it",
            hint="set `admin`, for example `admin: 127.0.0.1:8081`, or take `confirm` away",
            pointer=("allow", entry),
        )
