"""The Redis store, with a real server: exact counts across processes, and no waiting for a server that is gone."""

import asyncio
import contextlib
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from plugin_gateway.admission import redis_link
from plugin_gateway.admission.limits import Demand, RateLimit, Taken
from plugin_gateway.admission.redis_store import RedisStore
from tests.bounds import BOUND_S
from tests.narrow import present
from tests.ports import free_port
from tests.redis_server import redis_server

HUNDRED = RateLimit(name="gateway", key="g", calls=100, window_s=86400, burst=100)
FIVE = RateLimit(name="operation", key="o", calls=5, window_s=86400, burst=5)


def demand(limit: RateLimit) -> Demand:
    return Demand(limit, limit.key)


@pytest.fixture(scope="module")
def redis_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with redis_server(tmp_path_factory.mktemp("redis")) as redis:
        yield redis.port


def play(port: int, scene: Callable[..., Any], space: str) -> Any:
    async def whole() -> Any:
        store = RedisStore(f"redis://127.0.0.1:{port}/0", space)
        try:
            async with asyncio.timeout(BOUND_S):
                return await scene(store)
        finally:
            store.close()
            await store._link.redis.aclose()

    return asyncio.run(whole())


async def take(store: RedisStore, *limits: RateLimit) -> Taken | None:
    answer: asyncio.Future[Taken | None] = asyncio.get_running_loop().create_future()
    store.take([demand(limit) for limit in limits], answer.set_result)
    return await answer


def test_a_parallel_load_gets_exactly_the_limit(redis_port: int) -> None:
    async def scene(store: RedisStore) -> list[Taken | None]:
        return await asyncio.gather(*(take(store, HUNDRED) for _ in range(700)))

    answers = play(redis_port, scene, "parallel")
    assert sum(taken.is_admitted for taken in answers) == 100


def test_two_processes_get_exactly_the_limit_together(redis_port: int) -> None:
    program = f"""
import asyncio
from plugin_gateway.admission.redis_store import RedisStore
from plugin_gateway.admission.limits import Demand, RateLimit
limit = RateLimit(name="gateway", key="g", calls=100, window_s=86400, burst=100)
async def take(store):
    answer = asyncio.get_running_loop().create_future()
    store.take([Demand(limit, "g")], answer.set_result)
    return (await answer).is_admitted
async def main():
    store = RedisStore("redis://127.0.0.1:{redis_port}/0", "shared")
    passed = 0
    for _ in range(10):
        passed += sum(await asyncio.gather(*(take(store) for _ in range(20))))
    await store._link.redis.aclose()
    print(passed)
asyncio.run(main())
"""
    command = [sys.executable, "-c", program]
    with contextlib.ExitStack() as stack:
        processes = [
            stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, text=True)) for _ in range(2)
        ]
        for process in processes:
            stack.callback(process.kill)  # before its context waits for it
        assert sum(int(process.communicate(timeout=BOUND_S)[0]) for process in processes) == 100


def test_a_call_that_one_limit_refuses_uses_up_no_other(redis_port: int) -> None:
    async def scene(store: RedisStore) -> tuple[list[Taken | None], Taken | None]:
        taken = [await take(store, HUNDRED, FIVE) for _ in range(8)]
        return taken, await take(store, HUNDRED)

    taken, last = play(redis_port, scene, "both")
    assert [one.is_admitted for one in taken] == [True] * 5 + [False] * 3
    assert last.tokens[0] == pytest.approx(94, abs=0.1)


def test_a_bucket_refills_and_is_forgotten_when_it_is_full_again(redis_port: int) -> None:
    fast = RateLimit(name="gateway", key="f", calls=1000, window_s=1, burst=1)

    async def scene(store: RedisStore) -> tuple[bool, int]:
        first = await take(store, fast)
        assert first is not None
        while not present(await take(store, fast)).is_admitted:
            pass
        return first.is_admitted, await store._link.redis.ttl("plugin-gateway:{refill}:f")

    passed, ttl_s = play(redis_port, scene, "refill")
    assert passed
    assert 0 < ttl_s <= 2


def test_gateways_of_two_spaces_do_not_share(redis_port: int) -> None:
    async def scene(store: RedisStore) -> Taken | None:
        return await take(store, FIVE)

    first, second = play(redis_port, scene, "space-a"), play(redis_port, scene, "space-b")
    assert first.tokens == second.tokens == (4.0,)


def test_without_an_answer_of_redis_the_outcome_is_none_and_redis_is_not_asked_again_at_once() -> None:
    pytest.importorskip("redis", reason="the redis extra is not installed")
    port = free_port()

    async def scene(store: RedisStore) -> tuple[list[Taken | None], object, list[Any]]:
        answers = [await take(store, FIVE), await take(store, FIVE)]
        return answers, store._asking, store._waiting

    assert play(port, scene, "gone") == ([None, None], None, [])


def test_after_an_error_of_redis_the_outcome_is_none(redis_port: int) -> None:
    async def scene(store: RedisStore) -> tuple[Taken | None, Taken | None]:
        await store._link.redis.set("plugin-gateway:{wrong}:o", "a string")
        return await take(store, FIVE), await take(store, HUNDRED)

    broken, other = play(redis_port, scene, "wrong")
    assert broken is None
    assert isinstance(other, Taken)


def test_an_outage_of_redis_and_its_end_are_logged_once_each(
    redis_port: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(redis_link, "_AWAY_S", 0.0)

    async def scene(store: RedisStore) -> None:
        pool = store._link.redis.connection_pool.connection_kwargs
        pool["port"], port = 1, pool["port"]
        for _ in range(3):
            assert await take(store, FIVE) is None
        pool["port"] = port
        await store._link.redis.connection_pool.disconnect()
        store._link.redis.connection_pool.reset()  # type: ignore[no-untyped-call]
        for _ in range(3):
            assert await take(store, FIVE) is not None

    with caplog.at_level("INFO", "plugin_gateway"):
        play(redis_port, scene, "comes-back")
    assert [vars(record)["event"] for record in caplog.records] == ["outage-began", "outage-ended"]
    assert {vars(record)["what"] for record in caplog.records} == {"Redis"}


def test_a_store_that_is_closed_asks_no_more() -> None:
    pytest.importorskip("redis", reason="the redis extra is not installed")

    async def scene() -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            store = RedisStore(f"redis://127.0.0.1:{silent.getsockname()[1]}/0", "closed")
            store.take([demand(FIVE)], print)
            task = store._asking
            assert task is not None
            await asyncio.sleep(0)
            store.close()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            assert task.done()
            await store._link.redis.aclose()

    asyncio.run(scene())
