"""An access record: one answered call, as the log and the counters see it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

import orjson

from plugin_gateway.refusal import CREDENTIAL_REFUSED
from plugin_gateway.telemetry.target import shown_target

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugin_gateway.gate.permit import OperationRule


_SHOWN_METHOD: Final = 20
_SHOWN_CAUSE: Final = 300


class AccessRecord(NamedTuple):
    """One answered call. A tuple, as the data plane makes one for every call it answers.

    `rule` is None for what was not forwarded. `target` is as the client sent it. It is logged only where there is no rule,
    and as `telemetry.target` shows it: the path parameters of a forwarded call are the caller's data.
    `status` is 0 when the client left unanswered. `reason` is empty where an answer was delivered whole, else a stable
    code; `cause` says more of what went wrong upstream, in words that are for the operator. `consumer` is the operator's own
    name for who called. Bytes are of bodies; `duration_s` is from the head to the last byte.
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
    """Until the head of the upstream's answer was here, from the end of the request."""


def as_json(record: AccessRecord, timestamp: Callable[[float], str]) -> str:
    """Return the record as one line of JSON, its members in the order in which people read them."""
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
        # Paths that are refused are seldom the same twice, and would push out what is.
        members, asked = _members, ("", *shown_target(target))
    else:
        members, asked = _members_again, (rule.operation_id, rule.path_template, ())
    refused = _refused_credential(record) if reason else ""
    shown_id = f',"request_id":{_quoted_id(request_id)}' if request_id else ""
    shown_cause = f',"cause":{_quoted(_bounded(cause))}' if cause else ""
    return (
        f'{{"time":"{timestamp(at)}","level":"{level_of(record)}","event":"access"{shown_id}'
        f"{members(client, consumer, method[:_SHOWN_METHOD], *asked, status, reason, refused)}{shown_cause}"
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
    """The members that are the same for many calls of one client."""
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


# What is kept is short whatever a caller sends: of a method no more than is shown.
_members_again: Final = lru_cache(4096)(_members)


def _refused_credential(record: AccessRecord) -> str:
    """Name the credential that the upstream did not take, such as `header X-Api-Key`."""
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
        asked = f"{rule.method} {rule.path_template} ({rule.operation_id})"
    else:
        path, query = shown_target(record.target)
        names = f" ?{'&'.join(query)}" if query else ""
        asked = f"{shown_method(record.method)} {path}{names}".strip()
    reason = f" {record.reason}" if record.reason else ""
    if refused := _refused_credential(record):
        reason += f" ({refused})"
    cause = f" ({_bounded(record.cause)})" if record.cause else ""
    request_id = record.request_id.decode("ascii", "backslashreplace")
    consumer = f" {record.consumer}" if record.consumer else ""
    return (
        f"{timestamp(record.unix_time_s)} {level_of(record):7} {record.status:3d} {record.duration_s * 1000:8.1f} ms  "
        f"{asked}{reason}{cause}  {record.client}{consumer} {request_id}"
    )


def level_of(record: AccessRecord) -> str:
    return "warning" if record.status >= 500 else "info"


def shown_method(method: bytes) -> str:
    """Return the method for a log line: a caller may send any token, and as long a one as the head allows."""
    return method[:_SHOWN_METHOD].decode("latin-1").encode("unicode_escape").decode("ascii")


def _bounded(cause: str) -> str:
    """Return the cause for a log line: names and certificates in it may be another's, and say anything."""
    return cause[:_SHOWN_CAUSE].encode("unicode_escape").decode("ascii")
