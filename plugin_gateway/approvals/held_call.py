"""A held call: what a call would do, as its approver sees it, and the fingerprint that identifies it."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct
from msgspec.structs import asdict

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_SHOWN_BODY: Final = 8_000
"""Bytes. The desk keeps the texts of all held calls in memory."""
_MOST_SHOWN: Final = 2_000


class HeldCall(Struct, frozen=True, kw_only=True):
    """One call. Its texts hold no secret, and no character that could hide or reorder the others."""

    fingerprint: str
    """The hash of everything that defines the call: two calls with the same fingerprint do the same, for the same caller."""
    caller: str
    """The operator's name for the caller, or the subject of its token; empty if the gateway asks for no credential."""
    operation: str
    method: str
    path: str
    query: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    """The client's header fields that go up and count, each name once."""
    media_type: str = ""
    body: str = ""
    """The beginning of the body."""
    body_bytes: int = 0
    body_left_out: int = 0
    """How many bytes of the body are not in `body`."""
    body_sha256: str = ""


def fingerprint_of(parts: Iterable[bytes]) -> str:
    """Return the SHA-256 of the parts. The length of each is hashed, too, so no part can pass for the end of another."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(b"%d:" % len(part))
        digest.update(part)
    return digest.hexdigest()


def shown_text(octets: bytes, limit: int = _MOST_SHOWN, *, line_ends: bool = False) -> str:
    """Return text for a person: at most `limit` bytes of it, decoded as UTF-8, with an escape for each invisible character.

    Control characters could drive a terminal, and bidirectional ones reorder what a person reads (CVE-2021-42574).
    """
    text = octets[:limit].decode("utf-8", "backslashreplace")
    kept = "\n\t" if line_ends else ""
    more = f"… ({len(octets)} bytes)" if len(octets) > limit and not line_ends else ""
    return "".join(c if c.isprintable() or c in kept else f"\\u{{{ord(c):x}}}" for c in text) + more


def shown_body(octets: bytes) -> dict[str, Any]:
    """Return the members of a `HeldCall` about a body."""
    body = octets[:MOST_SHOWN_BODY]
    return {
        "body": shown_text(body, MOST_SHOWN_BODY, line_ends=True),
        "body_bytes": len(octets),
        "body_left_out": len(octets) - len(body),
    }


def to_json(held: HeldCall) -> bytes:
    return json.dumps(asdict(held)).encode()


def from_json(text: bytes) -> HeldCall:
    """Read what `to_json` wrote.

    Raises:
        ValueError: it is something else.
    """
    members = json.loads(text)
    if not isinstance(members, dict):
        raise ValueError("not a held call")  # noqa: TRY004  # one error for a text that is wrong in any way
    try:
        fields = tuple((str(name), str(value)) for name, value in members.pop("fields", ()))
        return HeldCall(**members, fields=fields)
    except TypeError as error:
        raise ValueError(str(error)) from error
