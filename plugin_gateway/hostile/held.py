"""The held calls of an attack: calls that need an approval, sent without one, or with the approval of another call."""

from __future__ import annotations

import json
from time import time
from typing import TYPE_CHECKING, Any, Final

from plugin_gateway.approvals.approval import Decision, State
from plugin_gateway.approvals.approver import Approver
from plugin_gateway.approvals.desk import Desk
from plugin_gateway.hostile.case import Case, Feature
from plugin_gateway.hostile.cases import request, spellings, tool_call
from plugin_gateway.hostile.terrain import MARK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plugin_gateway.approvals.approval import Verdict
    from plugin_gateway.approvals.held_call import HeldCall
    from plugin_gateway.hostile.shaped import ShapedOperation

_CLAIMS: Final = (
    "X-Approved: true", "Approval: ID", "X-Approval-Id: ID", "Authorization: Bearer ID", "Idempotency-Key: ID", "Prefer: approval=ID",
    "X-HTTP-Method-Override: GET", "X-Forwarded-For: 127.0.0.1", "Cookie: approval=ID",
)  # fmt: skip
_JSON: Final = "Content-Type: application/json"
_EACH_TIME: Final = frozenset({b"x-request-id", b"idempotency-key"})


class Desks(Approver):
    """An approver with a desk that can be cleared, so that the calls of one operation do not fill it for the next."""

    def __init__(self) -> None:
        self.desk = Desk()

    def ask(self, held: HeldCall, on_verdict: Callable[[Verdict], object]) -> None:
        on_verdict(self.desk.ask(held, time()))

    def give_back(self, id_: str) -> None:
        self.desk.give_back(id_, time())

    def approve(self) -> bool:
        """Approve each call that waits; return whether there is one."""
        waiting = [one for one in self.desk.approvals(time()) if one.state is State.PENDING]
        for one in waiting:
            self.desk.decide(one.id, Decision.APPROVE, time())
        return bool(waiting)

    @property
    def last_id(self) -> str:
        """The id of the last approval that was asked for; callers learn it from the answer."""
        found = self.desk.approvals(time())
        return found[-1].id if found else ""


def plain_call(shaped: ShapedOperation, name: str = "not approved") -> Case:
    """Return a call that only lacks an approval."""
    return _case(shaped, name, _request(shaped))


def claiming_calls(shaped: ShapedOperation, mcp_path: str, id_: str) -> Iterator[Case]:
    """Yield the same call with false claims of an approval, and in other spellings.

    `id_` is the id of an approval that no person has given.
    """
    path = shaped.place.path
    for name, spelt in spellings(path, path):
        yield _case(shaped, f"with the path in another spelling, {name}", _request(shaped, path=spelt))
    yield plain_call(shaped, "sent again")
    yield _case(shaped, "sent twice on one connection", _kept_alive(shaped) + _request(shaped))
    for claim in _CLAIMS:
        yield _case(shaped, f"with {claim.partition(':')[0]}", _request(shaped, claim.replace("ID", id_)))
    for query in ("approved=true", f"approval={id_}", f"approval_id={id_}"):
        yield _case(shaped, f"with ?{query.partition('=')[0]}", _request(shaped, path=f"{path}?{query}"))
    if not (shaped.tool and mcp_path):
        return
    accepted = {"approval": {"action": "accept", "content": {"approved": True}}}
    params: tuple[dict[str, Any], ...] = (
        {},
        {"_meta": {"approved": True, "approval": id_}},
        {"inputResponses": accepted, "requestState": id_},
    )
    for number, more in enumerate(params):
        octets = tool_call(mcp_path, shaped.tool, dict.fromkeys(shaped.in_path, MARK), **more)
        yield _case(shaped, f"by a tool, claim {number}", octets)


def other_calls(shaped: ShapedOperation) -> Iterator[Case]:
    """Yield calls that differ from an approved call."""
    if MARK in shaped.place.path:
        yield _case(shaped, "of another path", _request(shaped, path=shaped.place.path.replace(MARK, f"{MARK}2", 1)))
    for body in ('{"pgextra": 1}', "[]", '{"pgextra": 1, "pgextra": 2}'):
        octets = request(shaped.place.method, shaped.place.path, _JSON, body=body)
        yield _case(shaped, f"with the body {json.dumps(body)}", octets)
    yield _case(
        shaped,
        "with another media type",
        request(shaped.place.method, shaped.place.path, "Content-Type: text/plain", body="{}"),
    )


def essence(octets: bytes) -> tuple[bytes, frozenset[bytes], bytes]:
    """Return what a request tells the upstream: its first line, its fields except ids that always differ, and its body."""
    head, _, body = octets.partition(b"\r\n\r\n")
    line, *fields = head.split(b"\r\n")
    return line, frozenset(one for one in fields if one.partition(b":")[0].lower() not in _EACH_TIME), body


def _request(shaped: ShapedOperation, *fields: str, path: str = "") -> bytes:
    own = (_JSON,) if shaped.takes_json else ()
    body = "{}" if shaped.takes_json else ""
    return request(shaped.place.method, path or shaped.place.path, *own, *fields, body=body)


def _kept_alive(shaped: ShapedOperation) -> bytes:
    return _request(shaped).replace(b"Connection: close\r\n", b"", 1)


def _case(shaped: ShapedOperation, name: str, octets: bytes) -> Case:
    return Case(feature=Feature.HELD, name=name, octets=octets, entry=str(shaped.place))
