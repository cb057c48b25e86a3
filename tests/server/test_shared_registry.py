"""The shared registry, with a real Redis: replicas share approvals, each runs one call once, and silence approves nothing."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from secrets import token_hex
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from plugin_gateway.approvals.approval import Approval, Decision, State, Verdict
from plugin_gateway.approvals.desk import MOST, MOST_OF_A_CALLER, Desk
from plugin_gateway.approvals.held_call import HeldCall
from plugin_gateway.approvals.registry import StoreAwayError
from plugin_gateway.approvals.settings import ApprovalSettings
from plugin_gateway.server.shared_registry import SharedRegistry
from tests.bounds import BOUND_S
from tests.narrow import present
from tests.redis_server import redis_server

CALL = HeldCall(fingerprint="a", caller="ada", operation="op", method="POST", path="/p", fields=(("x-a", "1"),))
APPROVE, DENY = Decision.APPROVE, Decision.DENY


@pytest.fixture(scope="module")
def redis_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with redis_server(tmp_path_factory.mktemp("redis")) as redis:
        yield redis.port


@pytest.fixture
def play(redis_port: int, request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Play a scene with two replicas of one gateway. Each test has its own space."""

    def run(scene: Callable[[SharedRegistry, SharedRegistry], Awaitable[Any]], expires_s: float = 600.0) -> Any:
        async def whole() -> Any:
            url = f"redis://127.0.0.1:{redis_port}/0"
            settings = ApprovalSettings(store_url=url, space=request.node.name, expires_s=expires_s)
            one, two = (SharedRegistry(settings, lambda: "http://admin") for _ in range(2))
            try:
                async with asyncio.timeout(BOUND_S):
                    return await scene(one, two)
            finally:
                for registry in (one, two):
                    await registry._link.redis.aclose()

        return asyncio.run(whole())

    return run


async def decided(registry: SharedRegistry, id_: str, decision: Decision) -> tuple[Approval, bool]:
    answer = await registry.decide(id_, decision)
    assert answer is not None
    return answer


def test_a_call_held_by_one_replica_is_approved_at_another_and_runs_once(play: Callable[..., Any]) -> None:
    async def scene(one: SharedRegistry, two: SharedRegistry) -> None:
        first = await one.ask(CALL)
        again = await two.ask(CALL)
        assert (first.kind, again.kind, first.id, first.url) == ("pending", "pending", again.id, again.url)
        assert (first.is_new, again.is_new) == (True, False)
        approval = await two.follow(first.url.rpartition("/")[2])
        assert approval is not None
        assert (approval.id, approval.held, approval.state) == (first.id, CALL, State.PENDING)
        assert (await decided(two, first.id, APPROVE))[1]
        assert not (await decided(one, first.id, APPROVE))[1]
        verdicts = await asyncio.gather(*(registry.ask(CALL) for registry in (one, two) * 8))
        kinds = [verdict.kind for verdict in verdicts]
        assert sorted(kinds) == [*["pending"] * 15, "run"]
        assert {verdict.id for verdict in verdicts if verdict.kind == "run"} == {first.id}
        repeated = next(verdict.id for verdict in verdicts if verdict.kind == "pending")
        assert present(await one.find(repeated)).is_repeated
        assert [approval.id for approval in await two.approvals()] == [first.id, repeated]
        assert one.counts["executed"] + two.counts["executed"] == 1

    play(scene)


def test_approvals_outlive_their_gateway(play: Callable[..., Any]) -> None:
    async def before(one: SharedRegistry, _: SharedRegistry) -> Verdict:
        verdict = await one.ask(CALL)
        await one.decide(verdict.id, APPROVE)
        await one.ask(replace(CALL, fingerprint="b"))
        return verdict

    async def after(one: SharedRegistry, _: SharedRegistry) -> None:
        assert await one.follow(verdict.url.rpartition("/")[2]) is not None
        assert one.pending == 1
        assert (await one.ask(CALL)).kind == "run"
        assert (await one.ask(replace(CALL, fingerprint="b"))).kind == "pending"
        assert one.pending == 1

    verdict = play(before)
    play(after)


@pytest.mark.parametrize("change", [{"fingerprint": "b"}, {"fingerprint": "b", "caller": "bob"}])
def test_an_approval_serves_no_other_call(play: Callable[..., Any], change: dict[str, str]) -> None:
    async def scene(one: SharedRegistry, _: SharedRegistry) -> None:
        await one.decide((await one.ask(CALL)).id, APPROVE)
        assert (await one.ask(replace(CALL, **change))).kind == "pending"

    play(scene)


def test_a_decision_at_one_replica_holds_at_the_others_and_final_ones_stay(play: Callable[..., Any]) -> None:
    async def scene(one: SharedRegistry, two: SharedRegistry) -> None:
        id_ = (await one.ask(CALL)).id
        assert (await decided(one, id_, APPROVE))[0].state is State.APPROVED
        assert (await decided(two, id_, DENY))[0].state is State.DENIED
        assert (await decided(two, id_, APPROVE))[0].state is State.DENIED
        assert (await one.ask(CALL)).kind == "denied"
        other = replace(CALL, fingerprint="b")
        ran = (await one.ask(other)).id
        await one.decide(ran, APPROVE)
        assert (await one.ask(other)).kind == "run"
        assert [(await decided(two, ran, decision))[0].state for decision in Decision] == [State.EXECUTED] * 2
        assert await two.decide("unknown", APPROVE) is None

    play(scene)


def test_a_call_that_did_not_reach_the_api_may_run_again_and_giving_back_approves_nothing(
    play: Callable[..., Any],
) -> None:
    async def scene(one: SharedRegistry, two: SharedRegistry) -> None:
        id_ = (await one.ask(CALL)).id
        await two.give_back(id_)
        assert (await one.ask(CALL)).kind == "pending"
        await one.decide(id_, APPROVE)
        await one.ask(CALL)
        await two.give_back(id_)
        await two.give_back(id_)
        await two.give_back("unknown")
        assert two.counts["returned"] == 1
        assert (await one.ask(CALL))[:2] == ("run", id_)
        assert (await one.ask(CALL)).kind == "pending"

    play(scene)


def test_an_approval_expires_also_when_it_is_given(play: Callable[..., Any]) -> None:
    async def scene(one: SharedRegistry, two: SharedRegistry) -> None:
        id_ = (await one.ask(CALL)).id
        await one.decide(id_, APPROVE)
        while await one.find(id_) is not None:
            assert one.counts["expired"] == 0
        assert one.counts["expired"] == 1
        assert (await two.ask(CALL)).kind == "pending"
        assert await one.decide(id_, APPROVE) is None

    play(scene, 0.2)


def test_no_caller_buries_the_calls_of_others_or_fills_the_store(play: Callable[..., Any]) -> None:
    async def scene(one: SharedRegistry, _: SharedRegistry) -> None:
        for number in range(MOST_OF_A_CALLER):
            assert (await one.ask(replace(CALL, fingerprint=str(number)))).kind == "pending"
        assert (await one.ask(replace(CALL, fingerprint="more"))).kind == "full"
        denied = (await one.ask(replace(CALL, fingerprint="d", caller="dora"))).id
        await one.decide(denied, DENY)
        for number in range(MOST_OF_A_CALLER, MOST):
            call = replace(CALL, fingerprint=str(number), caller=str(number % 100))
            assert (await one.ask(call)).kind == "pending"
        # The denied call was over, so it made room.
        assert await one.find(denied) is None
        assert len(await one.approvals()) == one.pending == MOST
        assert (await one.ask(replace(CALL, fingerprint="x", caller="x"))).kind == "full"

    play(scene)


def test_a_call_that_this_version_cannot_show_is_not_decided_here(play: Callable[..., Any]) -> None:
    async def scene(one: SharedRegistry, two: SharedRegistry) -> None:
        id_ = (await one.ask(CALL)).id
        redis = one._link.redis
        await redis.hset(one._link.prefix + "approvals:texts", id_, '{"a field of another version": 1}')
        assert await two.approvals() == []
        assert await two.decide(id_, APPROVE) is None
        assert (await one.ask(CALL)).kind == "pending"

    play(scene)


@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["ask", "ask", "approve", "deny", "give back"]), st.sampled_from("abc")), max_size=15
    )
)
def test_the_shared_registry_decides_as_the_desk_does(redis_port: int, steps: list[tuple[str, str]]) -> None:
    url, desk = f"redis://127.0.0.1:{redis_port}/0", Desk()

    async def scene() -> None:
        registry = SharedRegistry(ApprovalSettings(store_url=url, space=token_hex(8)), lambda: "")
        mine: dict[str, str] = {}
        """The id of the shared approval by that of the desk's."""
        for what, call in steps:
            held = replace(CALL, fingerprint=call)
            if what == "ask":
                expected, verdict = desk.ask(held, 0.0), await registry.ask(held)
                assert (verdict.kind, verdict.is_new) == (expected.kind, expected.is_new)
                assert mine.setdefault(expected.id, verdict.id) == verdict.id
            for approval in [one for one in desk.approvals(0.0) if one.held == held]:
                if what == "give back":
                    desk.give_back(approval.id, 0.0)
                    await registry.give_back(mine[approval.id])
                elif what != "ask":
                    desk.decide(approval.id, Decision(what), 0.0)
                    await registry.decide(mine[approval.id], Decision(what))
        found = {one.id: (one.state, one.is_repeated) for one in await registry.approvals()}
        assert found == {mine[one.id]: (one.state, one.is_repeated) for one in desk.approvals(0.0)}
        assert registry.pending == desk.pending
        assert registry.counts == desk.counts
        await registry._link.redis.aclose()

    asyncio.run(scene())


def test_a_link_needs_its_signature(play: Callable[..., Any]) -> None:
    async def scene(one: SharedRegistry, two: SharedRegistry) -> None:
        verdict = await one.ask(CALL)
        token = verdict.url.rpartition("/")[2]
        assert await two.follow(verdict.id) is None
        assert await two.follow(f"{token[:-1]}{'A' if token[-1] != 'A' else 'B'}") is None
        assert present(await two.follow(token)).id == verdict.id

    play(scene)


def test_a_store_that_does_not_answer_runs_no_call_and_shows_none() -> None:
    pytest.importorskip("redis", reason="the redis extra is not installed")

    async def scene() -> None:
        registry = SharedRegistry(ApprovalSettings(store_url="redis://127.0.0.1:1/0", space="s"), lambda: "")
        assert (await registry.ask(CALL)).kind == "unavailable"
        await registry.give_back("x")
        for question in (registry.approvals(), registry.find("x"), registry.follow("x.y"), registry.decide("x", DENY)):
            with pytest.raises(StoreAwayError):
                await question
        await registry._link.redis.aclose()

    asyncio.run(scene())
