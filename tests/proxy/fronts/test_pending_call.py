"""A pending call on its own: what its client is told while and after its caller is looked into."""

import asyncio
from types import SimpleNamespace

import pytest

from plugin_gateway.identity.authenticator import UNAVAILABLE
from plugin_gateway.policy.permit import OperationRule, Permit
from plugin_gateway.policy.refusal import Refusal
from plugin_gateway.proxy.fronts import pending_call
from plugin_gateway.proxy.fronts.pending_call import PATIENCE_S, PendingCall
from plugin_gateway.proxy.wire import read_request_fields

RULE = OperationRule(method="POST", path_template="/p", operation_id="p", has_request_body=True, is_safe=False)
NO = Refusal(status=401, code="invalid-credential", detail="No.")
CLOSED = Refusal(status=404, code="operation-not-found", detail="No.")


class Client:
    def __init__(self):
        self.told = []

    def on_became(self, call):
        self.told.append("became")

    def on_failure(self, refusal):
        self.told.append(refusal)

    def pause_body(self):
        self.told.append("pause")

    def resume_body(self):
        self.told.append("resume")


class Exchange:
    made = None

    def __init__(self, client, plan, method, permit, request, *, consumer):
        Exchange.made = self
        self.about = plan, method, permit.path, consumer
        self.started_at = 0.0

    def start(self, body, *, is_whole):
        self.body = body, is_whole


class Scene:
    def __init__(self, monkeypatch, verdict=None):
        monkeypatch.setattr(pending_call, "Exchange", Exchange)
        Exchange.made = None
        self.client, self.found = Client(), asyncio.get_running_loop().create_future()
        decided = verdict or (Permit(RULE, b"/p", b""), "plan")
        serving = SimpleNamespace(decide=lambda access, method, target, request: decided)
        request = read_request_fields(b"Host: a\r\nContent-Length: 5\r\n", 1)
        self.call = PendingCall(self.client, request, b"POST", b"/p?q=1", serving=serving, found=self.found)

    async def settle(self, admitted):
        self.found.set_result(admitted)
        await asyncio.wait_for(asyncio.shield(self.call._task), 5)


def play(monkeypatch, scene, **options):
    async def run():
        await scene(Scene(monkeypatch, **options))

    asyncio.run(run())


ACCESS = SimpleNamespace(consumer="c")


def test_an_admitted_call_becomes_an_exchange_with_the_body_that_came_meanwhile(monkeypatch):
    async def scene(it):
        it.call.start(b"ab", is_whole=False)
        it.call.send(b"cde", is_last=True)
        await it.settle(ACCESS)
        assert it.client.told == ["became", "resume"]
        assert Exchange.made.about == ("plan", b"POST", b"/p", "c")
        assert Exchange.made.body == (b"abcde", True)
        assert Exchange.made.started_at == it.call.started_at

    play(monkeypatch, scene)


@pytest.mark.parametrize(("admitted", "verdict", "told"), [(NO, None, NO), (ACCESS, CLOSED, CLOSED)])
def test_a_refusal_of_the_door_or_the_gate_is_the_answer(monkeypatch, admitted, verdict, told):
    async def scene(it):
        it.call.start(b"", is_whole=True)
        await it.settle(admitted)
        assert it.client.told == [told]
        assert Exchange.made is None
        assert it.call.consumer == ("c" if admitted is ACCESS else "")
        assert it.call.path == b"/p"

    play(monkeypatch, scene, verdict=verdict)


def test_a_large_body_is_held_back(monkeypatch):
    async def scene(it):
        it.call.start(b"x" * 60_000, is_whole=False)
        assert it.client.told == []
        it.call.send(b"x" * 60_000, is_last=False)
        assert it.client.told == ["pause"]
        await it.settle(ACCESS)
        assert it.client.told == ["pause", "became", "resume"]

    play(monkeypatch, scene)


def test_a_client_that_leaves_is_told_nothing_more(monkeypatch):
    async def scene(it):
        it.call.start(b"", is_whole=True)
        it.call.pause_answer()
        it.call.resume_answer()
        it.call.cancel()
        await asyncio.wait([it.call._task], timeout=5)
        assert it.call._task.cancelled()
        assert it.client.told == []

    play(monkeypatch, scene)


def test_one_that_was_never_started_can_be_cancelled(monkeypatch):
    async def scene(it):
        it.call.cancel()

    play(monkeypatch, scene)


def test_patience_has_an_end(monkeypatch):
    async def scene(it):
        it.call.start(b"", is_whole=True)
        it.call.on_tick(it.call.started_at + PATIENCE_S)
        assert it.client.told == []
        it.call.on_tick(it.call.started_at + PATIENCE_S + 0.1)
        assert it.client.told == [UNAVAILABLE]
        await asyncio.wait([it.call._task], timeout=5)
        assert it.call._task.cancelled()

    play(monkeypatch, scene)
