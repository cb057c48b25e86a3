"""Bounds: how large a message may be, how long a client may take, and how many connections it may open."""

from __future__ import annotations

from msgspec import Struct


class Bounds(Struct, frozen=True, kw_only=True):
    """The bounds, in bytes and seconds. gateway.yaml has the same defaults; a test compares them."""

    request_head_bytes: int = 32_000
    request_body_bytes: int = 1_000_000
    connections: int = 10_000
    head_timeout_s: float = 10.0
    body_timeout_s: float = 10.0
    idle_timeout_s: float = 75.0
    response_body_bytes: int = 0
    """0 means no limit."""
    truncates_responses: bool = False
