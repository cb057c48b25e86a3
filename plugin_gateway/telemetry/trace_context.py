"""A trace context: the place of a call in a trace, as the fields `traceparent` and `tracestate` carry it (W3C Trace Context).

The fields come from strangers. The gateway takes a context only if it has exactly the form of the standard, and drops both
fields otherwise.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

TRACEPARENT: Final = b"traceparent"
TRACESTATE: Final = b"tracestate"
_FORM: Final = re.compile(rb"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-[\x20-\x7e]*)?")
_SAMPLED: Final = 1
_MOST_VALUE: Final = 512
_MOST_MEMBERS: Final = 32
_KEY: Final = rb"(?:[a-z][a-z0-9_*/-]{0,255}|[a-z0-9][a-z0-9_*/-]{0,240}@[a-z][a-z0-9_*/-]{0,13})"
_MEMBER: Final = re.compile(rb"(" + _KEY + rb")=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]")


class TraceContext(NamedTuple):
    """A span in a trace. `is_sampled` says whether it is recorded."""

    trace_id: bytes
    span_id: bytes
    is_sampled: bool

    def traceparent(self, span_id: bytes = b"") -> bytes:
        """Return the value of `traceparent`, for another span of the trace if `span_id` is given."""
        ids = f"00-{self.trace_id.hex()}-{(span_id or self.span_id).hex()}"
        return f"{ids}-{int(self.is_sampled):02x}".encode()


def read_traceparent(values: Sequence[bytes]) -> TraceContext | None:
    """Return the context that a request carries; None if it carries none, an invalid one, or several."""
    match = _FORM.fullmatch(values[0]) if len(values) == 1 else None
    if match is None:
        return None
    version, trace_id, span_id, flags, more = match.groups()
    # A later version may add members, and version ff is invalid (W3C Trace Context, 3.2.2).
    if version == b"ff" or (version == b"00" and more is not None):
        return None
    context = TraceContext(
        bytes.fromhex(trace_id.decode()), bytes.fromhex(span_id.decode()), bool(int(flags, 16) & _SAMPLED)
    )
    return context if any(context.trace_id) and any(context.span_id) else None


def read_tracestate(values: Sequence[bytes]) -> bytes:
    """Return the value of `tracestate` to pass on; empty if there is none or it is invalid."""
    members = [member for value in values for part in value.split(b",") if (member := part.strip(b" \t"))]
    whole = b",".join(members)
    if len(members) > _MOST_MEMBERS or len(whole) > _MOST_VALUE:
        return b""
    keys = {match[1] for member in members if (match := _MEMBER.fullmatch(member))}
    return whole if len(keys) == len(members) else b""
