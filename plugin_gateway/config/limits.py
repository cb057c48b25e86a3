"""Limits: `limits` of gateway.yaml, which bounds what clients may send, receive and keep open."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from plugin_gateway.config.fields import Count, RateValue, SecretValue, Size
from plugin_gateway.config.mistake import Mistake
from plugin_gateway.config.record import Record, given
from plugin_gateway.config.units import Rate, parse_size

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MOST_TRUNCATED_BYTES = 1_000_000
"""The gateway parses the whole body to truncate it. A larger body would delay the worker's other calls."""


class Limits(Record):
    """Limits on what clients may send, receive and keep open."""

    example: ClassVar[str] = "{rate: 20/s, request_body: 1MB}"
    other_words: ClassVar[dict[str, str]] = {
        "rate_limit": "rate",
        "rate_limiting": "rate",
        "request_rate": "rate",
        "body": "request_body",
        "body_size": "request_body",
        "max_body": "request_body",
        "max_body_size": "request_body",
        "max_request_body": "request_body",
        "max_request_size": "request_body",
        "request_size": "request_body",
        "request_body_size": "request_body",
        "header": "request_head",
        "request_header": "request_head",
        "max_response_size": "response_body",
        "response_size": "response_body",
        "max_connection": "connections",
        "max_concurrency": "concurrency",
        "concurrent": "concurrency",
        "concurrent_request": "concurrency",
        "in_flight": "concurrency",
        "per_user": "per_ephemeral_user",
        "user_rate": "per_ephemeral_user",
        "rate_per_user": "per_ephemeral_user",
    }

    between: ClassVar[tuple[dict[str, Any], ...]] = (
        {"if": {"required": ["burst"]}, "then": {"required": ["rate"]}},
        {
            "if": {"properties": {"response_overflow": {"const": "truncate"}}, "required": ["response_overflow"]},
            "then": given("response_body"),
        },
    )

    request_head: Size = 32_000
    """Maximum size of the request line and header fields together.
    Example: `request_head: 16kB`"""
    request_body: Size = 1_000_000
    """Maximum size of a request body.
    Example: `request_body: 5MB`"""
    response_body: Size | None = None
    """Maximum size of a response body; unlimited by default. The gateway buffers JSON of unknown size, as in a chunked
    response, until it is complete or exceeds the limit. Clients then get its first byte late, and each such call takes
    up to this much memory in a worker. Other responses stream.
    Example: `response_body: 10MB`"""
    response_overflow: Literal["refuse", "truncate"] = "refuse"
    """What the client gets instead of a larger response: `refuse` sends an error; `truncate` sends as many whole items
    of a JSON array as fit.
    Example: `response_body: 100kB, response_overflow: truncate`"""
    rate: RateValue | None = None
    """Calls of all clients together, counted across all workers. Requests to `/oauth/token` are counted separately,
    with the same limit.
    Example: `rate: 50/s`"""
    burst: Count | None = None
    """How many of these calls may come at once; by default as many as the rate allows in one window.
    Example: `rate: 50/s, burst: 10`"""
    per_ephemeral_user: RateValue | None = None
    """Calls per `openai-ephemeral-user-id`. Calls without this header are not limited by it.
    Example: `per_ephemeral_user: 10/min`"""
    bad_credentials: RateValue = Rate(100, 60)
    """Failed passwords, introspected tokens and token requests, per client address and worker. Above it, the gateway refuses
    unknown credentials from this address (429) without asking the provider; known callers still pass. Raise it behind a proxy,
    where all callers share one address.
    Example: `bad_credentials: 1000/min`"""
    concurrency: Count | None = None
    """Simultaneous calls, across all workers of this gateway.
    Example: `concurrency: 200`"""
    connections: Count = 10_000
    """Open client connections, per worker.
    Example: `connections: 2000`"""
    redis: SecretValue | None = None
    """URL of a Redis in which several gateways share their rate counts and approvals; needs
    `pip install plugin-gateway[redis]`.
    Example: `redis: {env: REDIS_URL}`"""
    on_store_failure: Literal["allow", "refuse"] = "allow"
    """What happens to calls while Redis cannot count them. Until it can, calls that need an approval get 503."""

    @property
    def shown(self) -> dict[str, str | int | None]:
        """The limits as people read them. The URL of Redis is a secret."""
        values = {name: getattr(self, name) for name in self.field_names() if name != "redis"}
        return {name: str(value) if isinstance(value, Rate) else value for name, value in values.items()}

    @classmethod
    def mistakes(cls, written: Mapping[str, Any]) -> Iterator[Mistake]:
        if "burst" in written and "rate" not in written:
            yield Mistake("goes-together", "`burst` needs `rate`", hint="add `rate`", at=("burst",), on_key=True)
        if written.get("response_overflow") == "truncate":
            yield from _truncating(written.get("response_body"))


def _truncating(response_body: Any) -> Iterator[Mistake]:
    if response_body is None:
        hint = "set the limit, for example `response_body: 100kB`"
        yield Mistake("goes-together", "`truncate` needs `response_body`", hint=hint, at=("response_overflow",))
    elif isinstance(response_body, str):
        with suppress(Mistake):
            if parse_size(response_body) > MOST_TRUNCATED_BYTES:
                message = "`truncate` takes at most 1MB"
                yield Mistake(
                    "too-large",
                    message,
                    got=response_body,
                    hint="lower the limit, or write `response_overflow: refuse`",
                    at=("response_body",),
                )
