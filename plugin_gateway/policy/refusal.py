"""A refusal: the gateway's own answer to a call it does not forward, as RFC 9457 problem details."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a call stops here. Names allowed things only: it never tells what exists upstream.

    `code` is stable and is what programs and access records read; `detail` and `hint` are for whoever made the call,
    often a model; `members` are further problem-details members such as the declared query names; `headers` are
    response fields that belong to the status, such as Allow or Retry-After.
    """

    status: int
    code: str
    detail: str
    hint: str = ""
    members: Mapping[str, Any] = field(default_factory=dict)
    headers: tuple[tuple[bytes, bytes], ...] = ()
