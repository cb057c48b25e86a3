"""An access record: the facts about one call that the log and the counters use."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

import orjson

from plugin_gateway.refusal import CREDENTIAL_REFUSED
from plugin_gateway.telemetry.target import escaped, shown_target

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugin_gateway.gate.permit import OperationRule


HELD: Final = "approval-needed"
"""The reason of a call that waits for the approval of a person."""

_APPROVAL: Final = re.compile("approval ([0-9a-f]+)$")
_SHOWN_METHOD: Final = 20
REFUSED: Final = range(400, 500)
"""The statuses of refusals. A call that has a reason and another status failed."""
GONE: Final = "client-gone"
"""The reason of a call whose client left before the end of its answer. No part of the way to the upstream failed."""
_CUT: Final = frozenset(
    {
        GONE,
        "internal-error",
        "response-too-large",
        "bad-upstream-answer",
        "invalid-answer",
        "unreadable-answer",
        "unshapable-answer",
        "upstream-closed",
        "upstream-timeout",
    }
)
"""The reasons for a call that fails after the head of its answer was sent, with any status."""
_SHOWN_CAUSE: Final = 300


class AccessRecord(NamedTuple):
    """The record of one call. It is a tuple because the data plane makes one for every call.

    `rule` is None if the call was not forwarded. `target` is as the client sent it; if there is a rule, without the mount. The
    log has it only if there is no rule, and in the form of `telemetry.target`: the path parameters of a forwarded call are the
    caller's data.

    `status` is 0 if the client left before an answer. `reason` is empty if the answer was delivered whole, else a
    stable code. `cause` describes an upstream failure for the operator. `consumer` is the operator's name for the
    caller. Byte counts are of bodies. `duration_s` runs from the head to the last byte.
    """

    unix_time_s: float
    method: bytes
    target: bytes
    rule: OperationRule | None
    status: int
    bytes_in: int
    bytes_out: int
    duration_s: float
    reason: str
    request_id: bytes
    client: str
    consumer: str = ""
    cause: str = ""
    upstream_s: float = 0.0
    """From the end of the request to the head of the upstream's answer."""


def as_json(record: AccessRecord, timestamp: Callable[[float], str]) -> str:
    """Return the record as one line of JSON, with its members in reading order."""
    (
        at,
        method,
        target,
        rule,
        status,
        bytes_in,
        bytes_out,
        duration_s,
        reason,
        request_id,
        client,
        consumer,
        cause,
        _,
    ) = record
    if rule is None:
        # Refused paths seldom repeat; in the cache they would push out the paths that do.
        members, called = _members, ("", *shown_target(target))
    else:
        members, called = _members_again, (rule.operation_id, rule.path_template, ())
    refused = _refused_credential(record) if reason else ""
    shown_id = f',"request_id":{_quoted_id(request_id)}' if request_id else ""
    shown_cause = f',"cause":{_quoted(_bounded(cause))}' if cause else ""
    return (
        f'{{"time":"{timestamp(at)}","level":"{level_of(record)}","event":"access"{shown_id}'
        f"{members(client, consumer, method[:_SHOWN_METHOD], *called, status, reason, refused)}{shown_cause}"
        f',"duration_ms":{duration_s * 1000:.3f},'
        f'"bytes_in":{bytes_in},"bytes_out":{bytes_out}}}\n'
    )


def _members(
    client: str,
    consumer: str,
    method: bytes,
    operation_id: str,
    path: str,
    query: tuple[str, ...],
    status: int,
    reason: str,
    refused: str,
) -> str:
    """Return the members that many calls of one client have in common."""
    members = {
        "client": client,
        "consumer": consumer or None,
        "method": shown_method(method),
        "operation": operation_id or None,
        "path": path or None,
        "query": query or None,
        "status": status,
        "reason": reason or None,
        "credential": refused or None,
    }
    return "," + orjson.dumps({name: value for name, value in members.items() if value is not None}).decode()[1:-1]


# A caller cannot fill the cache with long keys: the method is cut before it gets here.
_members_again: Final = lru_cache(4096)(_members)


def _refused_credential(record: AccessRecord) -> str:
    """Return the name of the credential that the upstream refused, such as `header X-Api-Key`."""
    return record.rule.credential if record.rule is not None and record.reason == CREDENTIAL_REFUSED.code else ""


def _quoted_id(request_id: bytes) -> str:
    text = request_id.decode("ascii", "backslashreplace")
    return _quoted(text) if '"' in text or "\\" in text else f'"{text}"'


def _quoted(text: str) -> str:
    return orjson.dumps(text).decode()


def as_text(record: AccessRecord, timestamp: Callable[[float], str]) -> str:
    """Return the record as one line for a person."""
    rule = record.rule
    if rule is not None:
        called = f"{rule.method} {rule.path_template} ({rule.operation_id})"
    else:
        path, query = shown_target(record.target)
        names = f" ?{'&'.join(query)}" if query else ""
        called = f"{shown_method(record.method)} {path}{names}".strip()
    reason = f" {record.reason}" if record.reason else ""
    if refused := _refused_credential(record):
        reason += f" ({refused})"
    cause = f" ({_bounded(record.cause)})" if record.cause else ""
    request_id = record.request_id.decode("ascii", "backslashreplace")
    consumer = f" {record.consumer}" if record.consumer else ""
    return (
        f"{timestamp(record.unix_time_s)} {level_of(record):7} {record.status:3d} {record.duration_s * 1000:8.1f} ms  "
        f"{called}{reason}{cause}  {record.client}{consumer} {request_id}"
    )


def with_approval(cause: str, id_: str) -> str:
    """Return the cause of a call that a person had to approve, with the id of the approval at its end."""
    note = f"approval {id_}"
    return f"{cause}; {note}" if cause and not cause.endswith(note) else note


def approval_of(record: AccessRecord) -> str:
    """Return the id of the approval of the call; empty if it has none."""
    found = _APPROVAL.search(record.cause) if record.cause else None
    return found[1] if found else ""


def decision_of(record: AccessRecord) -> str:
    """Return what the gateway did: `forwarded`, `held`, `refused`, `failed` (5xx), or `answered` by itself."""
    if record.reason == HELD:
        return "held"
    if is_refused(record):
        return "refused"
    if record.reason and record.status:
        return "failed"
    return "forwarded" if record.rule is not None else "answered"


def is_refused(record: AccessRecord) -> bool:
    """Return whether the gateway refused the call.

    An answer of the upstream that was cut off has a status of the upstream, such as 404.
    """
    return bool(record.reason) and record.status in REFUSED and not is_cut(record)


def is_cut(record: AccessRecord) -> bool:
    """Return whether the answer was cut off after its head, so that the client did not get all of it."""
    return record.reason in _CUT and 0 < record.status < 500


def level_of(record: AccessRecord) -> str:
    """Return `warning` for a call that the gateway or the upstream failed, even after the head of the answer."""
    return "warning" if record.status >= 500 or (is_cut(record) and record.reason != GONE) else "info"


def shown_method(method: bytes) -> str:
    """Return the method for a log line, cut and escaped: a caller may send any token, as long as the head allows."""
    return escaped(method[:_SHOWN_METHOD].decode("latin-1"))


def _bounded(cause: str) -> str:
    """Return the cause for a log line, cut and escaped: host names and certificates in it come from other parties."""
    return escaped(cause[:_SHOWN_CAUSE])
