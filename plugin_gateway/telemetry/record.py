"""An access record: one answered call, as the log and the counters see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugin_gateway.policy.permit import OperationRule


class AccessRecord(NamedTuple):
    """One answered call. A tuple, as the data plane makes one for every call it answers.

    There is no path and no query in it: a path parameter is the caller's data, and a query is where keys are put by
    mistake. `rule` says which operation was meant, None when the call was not permitted.

    `ended_at` is Unix time. `status` is 0 when the client left before it was answered. `code` is the stable code of a
    refusal or failure of the gateway's own, empty when the upstream's answer was passed on.
    """

    ended_at: float
    duration_s: float
    client: str
    method: bytes
    rule: OperationRule | None
    status: int
    code: str
    bytes_in: int
    bytes_out: int
    request_id: str


def as_members(record: AccessRecord, timestamp: Callable[[float], str]) -> dict[str, Any]:
    """Return the members of the log line, in the order in which people read them."""
    rule = record.rule
    members = {
        "time": timestamp(record.ended_at),
        "level": level_of(record),
        "event": "access",
        "request_id": record.request_id,
        "client": record.client,
        "method": shown_method(record.method),
        "operation": rule.operation_id if rule else None,
        "path": rule.path_template if rule else None,
        "status": record.status,
        "code": record.code or None,
        "duration_ms": round(record.duration_s * 1000, 3),
        "bytes_in": record.bytes_in,
        "bytes_out": record.bytes_out,
    }
    return {name: value for name, value in members.items() if value is not None}


def as_text(record: AccessRecord, timestamp: Callable[[float], str]) -> str:
    """Return the record as one line for a person."""
    rule = record.rule
    asked = f"{rule.method} {rule.path_template} ({rule.operation_id})" if rule else shown_method(record.method)
    code = f" {record.code}" if record.code else ""
    return (
        f"{timestamp(record.ended_at)} {level_of(record):7} {record.status:3d} {record.duration_s * 1000:8.1f} ms  "
        f"{asked}{code}  {record.client} {record.request_id}"
    )


def level_of(record: AccessRecord) -> str:
    return "warning" if record.status >= 500 else "info"


def shown_method(method: bytes) -> str:
    """Return the method for a log line: a caller may send any token, and as long a one as the head allows."""
    return method[:20].decode("latin-1").encode("unicode_escape").decode("ascii")
