"""The upstream credential: what is injected into a forwarded call, and where it must not show again."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Injection:
    """Everything set on a forwarded call, ready as bytes. Its `repr` shows names, never values.

    headers: field name (as configured) and value. query: percent-encoded `name=value` pairs joined by `&`, or empty.
    cookies: `name=value` pairs joined by `; `, or empty. secrets: every form a secret takes on the wire (raw, base64
    of basic, percent-encoded), longest first; what the exchange masks in answers.
    """

    headers: tuple[tuple[bytes, bytes], ...] = field(default=(), repr=False)
    query: bytes = field(default=b"", repr=False)
    cookies: bytes = field(default=b"", repr=False)
    secrets: tuple[bytes, ...] = field(default=(), repr=False)
