"""A pending call holds its body back and remembers what its client's side asked of it."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from plugin_gateway.callers.authenticator import UNAVAILABLE
from plugin_gateway.callers.consumers import Identity
from plugin_gateway.gate.permit import OperationRule, Permit
from plugin_gateway.proxy.clock import Clock
from plugin_gateway.proxy.forward import RequestHead, forward
from plugin_gateway.proxy.in_process import InProcessClient
from plugin_gateway.proxy.pending_call import PATIENCE_S, PendingCall
from plugin_gateway.proxy.received import FieldBlock
from plugin_gateway.proxy.wire import read_request_lines
from plugin_gateway.refusal import Refusal
from tests.bounds import BOUND_S
from tests.narrow import present, stand_in
from tests.proxy.real import door_of, revision_of, serving_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugin_gateway.proxy.call import Call

RULE = OperationRule(method="POST", path_template="/p", operation_id="write", has_request_body=True, is_safe=False)
DENIED = Refusal(status=401, code="unauthenticated", detail="No.")
TOM = Identity(user="tom", is_listed=True)


def permits(_method: bytes, target: bytes, _fields: object) -> Permit:
    return Permit(RULE, target.partition(b"?")[0], b"")


class Upstream:
    """The transport of the connection to the upstream."""

    def __init__(self) -> None:
        self.sent, self.is_reading = b"", True

    def is_closing(self) -> bool:
        return False

    def write(self, data: Any) -> None:
        self.sent += data

    def pause_reading(self) -> None:
        self.is_reading = False

    def resume_reading(self) -> None:
        self.is_reading = True


def play(
    act: Callable[..., Any], *, found: Identity | Refusal = TOM, judge: Callable[..., Permit | Refusal] = permits
) -> SimpleNamespace:
    """Forward a request whose caller is not known yet, and act on the call before the door answers.

    The door finds `found`, and the caller's gate judges by `judge`. Return the client, the requests that the upstream got, and the code of the client's refusal.
    """

    async def scene() -> SimpleNamespace:
        async with asyncio.timeout(BOUND_S):
            upstream, verdict = Upstream(), asyncio.get_running_loop().create_future()
            client = InProcessClient(Clock(), lambda record: None)
            begun: list[Call] = []
            client.on_begin = begun.append
            revision = revision_of(RULE, judge=judge)
            serving = serving_of(revision)
            connection = serving.pool.new_connection()
            connection.connection_made(stand_in(upstream))
            serving.pool._idle.append(connection)
            # Shielded as by the authenticator: a verdict comes even if the call that asked for it is cancelled.
            serving.door = door_of(revision, lambda values, address: asyncio.shield(verdict))
            block = FieldBlock(read_request_lines([b"Host: a", b"Content-Length: 4"], 1))
            forward(serving, client, RequestHead(b"POST", b"/p?x", block), b"ab", False)
            pending = present(client.call)
            # The call begins to wait for the door.
            await asyncio.sleep(0)
            act(pending)
            is_held = not client._takes_body.is_set()
            verdict.set_result(found)
            for _ in range(3):
                await asyncio.sleep(0)
            assert present(client.call).request_id == pending.request_id
            code = json.loads(await client.read())["code"] if client.is_over else ""
            return SimpleNamespace(call=client.call, is_held=is_held, upstream=upstream, code=code, begun=begun)

    return asyncio.run(scene())


def test_the_body_waits_and_goes_up_once_the_caller_is_known() -> None:
    seen = play(lambda call: call.send(b"cd", is_last=True))
    assert seen.upstream.sent.startswith(b"POST /p HTTP/1.1\r\n")
    assert seen.upstream.sent.endswith(b"\r\n\r\nabcd")
    assert (seen.call.received.consumer, seen.code) == ("tom", "")
    assert seen.begun == [seen.call]


def test_a_caller_who_may_not_come_in_sends_nothing_up() -> None:
    seen = play(lambda call: call.send(b"cd", is_last=True), found=DENIED)
    assert (seen.code, seen.upstream.sent) == ("unauthenticated", b"")
    assert seen.begun == []


@pytest.mark.parametrize(("has_room_again", "is_reading"), [(False, False), (True, True)])
def test_a_client_that_turned_out_full_meanwhile_gets_no_answer_before_it_has_room(
    has_room_again: bool, is_reading: bool
) -> None:
    """Otherwise whole answers could pile up for a client that never reads, one for each fresh token."""

    def act(call: PendingCall) -> None:
        call.pause_answer()
        if has_room_again:
            call.resume_answer()

    assert play(act).upstream.is_reading is is_reading


def test_a_body_that_does_not_wait_its_turn_is_held_back() -> None:
    assert play(lambda call: call.send(b"x" * 70_000, is_last=False), found=DENIED).is_held


def test_after_the_timeout_the_call_is_refused_and_does_not_go_up() -> None:
    seen = play(lambda call: call.on_tick(call.started_at + PATIENCE_S + 1))
    assert (seen.code, seen.upstream.sent) == (UNAVAILABLE.code, b"")


def test_a_call_that_is_cancelled_goes_nowhere() -> None:
    seen = play(lambda call: call.cancel())
    assert (seen.code, seen.upstream.sent) == ("", b"")


def test_a_caller_who_is_let_in_is_still_judged_by_the_gate() -> None:
    closed = Refusal(status=404, code="operation-not-found", detail="No.")
    seen = play(lambda call: call.send(b"cd", is_last=True), judge=lambda _method, _target, _fields: closed)
    assert (seen.code, seen.upstream.sent) == ("operation-not-found", b"")


def test_after_a_bug_the_client_gets_an_answer_at_once_and_the_log_shows_it(caplog: pytest.LogCaptureFixture) -> None:
    def broken(_method: bytes, _target: bytes, _fields: object) -> Permit:
        raise ZeroDivisionError

    seen = play(lambda call: call.send(b"cd", is_last=True), judge=broken)
    assert (seen.code, seen.upstream.sent) == ("internal-error", b"")
    assert "could not be judged" in caplog.text
