"""The approvals in gateway.yaml: how long they hold, and how approvers reach them."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

from plugin_gateway.config.fields import AbsoluteUrl, Duration, SecretValue
from plugin_gateway.config.mistake import Mistake
from plugin_gateway.config.record import Record
from plugin_gateway.config.units import parse_duration

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_LONGEST_S: Final = 86_400.0


class Approvals(Record):
    """The approvals of operations with `consequential: confirm`."""

    example: ClassVar[str] = "{expires: 10m}"
    other_words: ClassVar[dict[str, str]] = {
        **dict.fromkeys(("expire", "expiry", "ttl", "timeout", "valid", "lifetime"), "expires"),
        **dict.fromkeys(("link", "base_url", "base"), "url"),
        **dict.fromkeys(("token", "password", "secret", "approver_key"), "key"),
        "idempotency": "idempotency_key",
    }

    expires: Duration = 600.0
    """How long a call waits for its approval, and for the caller to send it again; at most 1d.
    Example: `expires: 30m`"""
    url: AbsoluteUrl | None = None
    """Base of the links for approvers, if a proxy publishes the `/approve/` pages of the admin listener; by default the address
    of `admin`.
    Example: `url: https://approve.example.com`"""
    key: SecretValue | None = None
    """A secret that approvers must show. Set it if clients, or the programs of a model, can reach the admin listener.
    Example: `key: {env: APPROVERS_KEY}`"""
    idempotency_key: Literal["declared", "always", "never"] = "declared"
    """Whether the gateway adds Idempotency-Key to approved calls: if the operation declares this header, `always`, or `never`.
    A key that the caller sends stays."""

    @classmethod
    def mistakes(cls, written: Mapping[str, Any]) -> Iterator[Mistake]:
        expires = written.get("expires")
        with suppress(Mistake):
            if expires is not None and not 0 < parse_duration(expires) <= _LONGEST_S:
                hint = "for example `expires: 10m`"
                yield Mistake(
                    "bad-value", "an approval expires after 1d at most", got=expires, hint=hint, at=("expires",)
                )
