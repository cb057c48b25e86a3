"""A page request: a browser that asks for `/` wants the gateway's page, and a program wants an operation."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def asks_for_page(method: bytes, fields: Sequence[Sequence[bytes]]) -> bool:
    """Whether a request reads and names text/html in Accept. Programs accept `*/*` or JSON."""
    return method in (b"GET", b"HEAD") and any(
        field[0].lower() == b"accept" and any(_is_html(part) for part in field[1].lower().split(b","))
        for field in fields
    )


def _is_html(part: bytes) -> bool:
    kind, _, parameters = part.partition(b";")
    weight = parameters.replace(b" ", b"").partition(b"q=")[2]
    return kind.strip() == b"text/html" and (not weight or weight.strip(b"0.") != b"")
