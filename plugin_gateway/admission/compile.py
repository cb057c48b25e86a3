"""The limits of a config, compiled: bounds of messages and connections, rates, concurrency, and the store that counts calls."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from plugin_gateway.admission.bounds import Bounds
from plugin_gateway.admission.limits import BAD_CREDENTIALS, CallLimits, rate_limit
from plugin_gateway.diagnostics import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from plugin_gateway.config.model import Config
    from plugin_gateway.config.units import Rate

_STORE_SCHEMES = ("redis", "rediss", "unix")


def compile_bounds(config: Config) -> Bounds:
    limits, timeout = config.limits, config.client_timeout
    return Bounds(
        request_head_bytes=limits.request_head,
        request_body_bytes=limits.request_body,
        connections=limits.connections,
        head_timeout_s=timeout.head,
        body_timeout_s=timeout.body,
        idle_timeout_s=timeout.idle,
        response_body_bytes=limits.response_body or 0,
        truncates_responses=limits.response_overflow == "truncate",
    )


def compile_call_limits(config: Config, rates: Mapping[str, Rate]) -> tuple[CallLimits, tuple[Finding, ...]]:
    """Compile the limits; `rates` has the rates of single operations by operation id.

    Keys consist of fixed words and of names from gateway.yaml, so that buckets survive a reload and a restart.
    """
    limits = config.limits
    operations = {
        operation_id: limit
        for operation_id, rate in rates.items()
        if (limit := rate_limit("operation", f"operation:{operation_id}", rate)) is not None
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
        message = "the secret that `limits.redis` names is not a Redis URL"
        yield Finding(rule="bad-url", message=message, hint="such as redis://HOST:6379/0", pointer=pointer)
    if find_spec("redis") is None:
        message = "`limits.redis` needs the redis extra"
        hint = "pip install 'plugin-gateway[redis]'"
        yield Finding(rule="missing-extra", message=message, hint=hint, pointer=pointer)
