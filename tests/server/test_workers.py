import asyncio
import os
from collections.abc import Callable
from typing import Any

import pytest

from plugin_gateway.server import workers as workers_module
from plugin_gateway.server.shared_memory import SharedMemory
from plugin_gateway.server.workers import WorkerPool
from plugin_gateway.telemetry.series import Series, SeriesKey
from tests.bounds import BOUND_S
from tests.narrow import stand_in

CALLS = SeriesKey("calls")


class Worker:
    """A worker that the test controls completely."""

    spawned: list["Worker"] = []  # noqa: RUF012  # emptied by the fixture
    refuses = b""
    fails = 0

    def __init__(self) -> None:
        self.pid = 1000 + len(Worker.spawned)
        self.revision = b""
        self.last_series: Series = {CALLS: [self.pid]}
        self.ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.is_drained = False
        self.watched: list[bool] = []
        Worker.spawned.append(self)

    @classmethod
    async def spawn(cls, front: str, shared: SharedMemory, on_unasked: Any = None) -> Any:
        assert front == "connection"
        assert os.fstat(shared.counts).st_size > 0
        return cls()

    @property
    def is_started(self) -> bool:
        return self.revision != b""

    async def start(self, listener: str, revision: bytes) -> bool:
        if Worker.fails:
            Worker.fails -= 1
            return False
        self.revision = revision
        return True

    async def adopt(self, revision: bytes) -> str:
        if revision == Worker.refuses:
            return "no such file"
        self.revision = revision
        return ""

    async def series(self) -> Series:
        return self.last_series

    def watch(self, *, is_watched: bool) -> None:
        self.watched.append(is_watched)

    async def drain(self, timeout_s: float) -> None:
        self.drain_timeout_s = timeout_s
        self.is_drained = True
        self.end(0)

    def kill(self) -> None:
        self.end(-9)

    def end(self, status: int) -> None:
        if not self.ended.done():
            self.ended.set_result(status)

    async def wait(self) -> int:
        return await self.ended


class Log:
    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []

    def retry(self) -> None:
        """No line waits."""

    def event(self, level: str, event: str, message: str, **members: Any) -> None:
        self.events.append((event, members))


@pytest.fixture(autouse=True)
def _workers(monkeypatch: pytest.MonkeyPatch) -> None:
    Worker.spawned, Worker.refuses, Worker.fails = [], b"", 0
    monkeypatch.setattr(workers_module, "WorkerProcess", Worker)


def run(talk: Callable[..., Any], *, count: int = 2, on_counts: Callable[[Any], object] | None = None) -> Any:
    async def bounded() -> Any:
        async with asyncio.timeout(BOUND_S):
            log = Log()
            pool = WorkerPool(count, stand_in(log), on_counts=on_counts)
            pool.boot()
            await pool.start([stand_in(os.devnull)] * count, b"one")
            found = await talk(pool, log)
            await pool.drain(1)
            return found

    return asyncio.run(bounded())


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def test_all_workers_serve_the_first_revision_when_the_start_is_over() -> None:
    async def talk(pool: WorkerPool, _: Log) -> tuple[int, list[bytes]]:
        return pool.listening, [worker.revision for worker in Worker.spawned]

    assert run(talk) == (2, [b"one", b"one"])


def test_a_new_revision_reaches_every_worker() -> None:
    async def talk(pool: WorkerPool, _: Log) -> tuple[str, list[bytes]]:
        return await pool.adopt(b"two"), [worker.revision for worker in Worker.spawned]

    assert run(talk) == ("", [b"two", b"two"])


def test_a_revision_that_one_worker_cannot_serve_is_served_by_no_worker() -> None:
    async def talk(pool: WorkerPool, _: Log) -> tuple[str, set[bytes]]:
        Worker.refuses = b"two"
        return await pool.adopt(b"two"), {worker.revision for worker in Worker.spawned}

    assert run(talk) == ("no such file", {b"one"})


def test_a_worker_that_ends_unexpectedly_is_replaced_at_once_with_the_current_revision() -> None:
    async def talk(pool: WorkerPool, log: Log) -> tuple[int, bytes, list[tuple[str, dict[str, Any]]]]:
        await pool.adopt(b"two")
        Worker.spawned[0].end(-9)
        await settled()
        return pool.listening, Worker.spawned[-1].revision, log.events

    listening, revision, events = run(talk)
    assert (listening, revision) == (2, b"two")
    assert events == [("worker-ended", {"pid": 1000, "status": -9, "backoff_s": 0.0})]


def test_a_revision_that_comes_while_a_worker_starts_is_not_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    async def talk(pool: WorkerPool, _: Log) -> bytes:
        class Late(Worker):
            async def start(self, listener: str, revision: bytes) -> bool:
                started = await super().start(listener, revision)
                pool._revision = b"two"
                return started

        monkeypatch.setattr(workers_module, "WorkerProcess", Late)
        Worker.spawned[0].end(1)
        await settled()
        return Worker.spawned[-1].revision

    assert run(talk) == b"two"


def test_workers_that_end_again_and_again_are_started_more_and_more_slowly() -> None:
    async def talk(pool: WorkerPool, log: Log) -> list[float]:
        Worker.fails = 4
        Worker.spawned[0].end(1)
        await settled()
        await pool._listening[0].wait()
        return [members["backoff_s"] for _, members in log.events]

    assert run(talk) == [0.0, 0.1, 0.2, 0.4, 0.8]


def test_the_counts_of_a_worker_outlive_it() -> None:
    async def talk(pool: WorkerPool, _: Log) -> Series:
        Worker.spawned[0].end(-9)
        await settled()
        return await pool.series()

    assert run(talk)[CALLS] == [1000 + 1001 + 1002]


def test_workers_are_asked_for_their_counts_before_one_can_be_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers_module, "COUNTING_INTERVAL_S", 0.001)

    async def talk(_: WorkerPool, __: Log) -> bool:
        asked = asyncio.Event()

        async def series() -> Series:
            asked.set()
            return {}

        monkeypatch.setattr(Worker.spawned[0], "series", series)
        await asked.wait()
        return True

    assert run(talk)


def test_on_counts_gets_the_counts_of_all_workers_each_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers_module, "COUNTING_INTERVAL_S", 0.001)
    told: asyncio.Queue[Any] = asyncio.Queue()

    async def talk(_: WorkerPool, __: Log) -> Any:
        return await told.get()

    assert run(talk, on_counts=told.put_nowait) == {CALLS: [1000 + 1001]}


def test_each_worker_learns_whether_it_is_watched_and_so_does_its_successor() -> None:
    async def talk(pool: WorkerPool, _: Log) -> list[list[bool]]:
        pool.watch(is_watched=True)
        Worker.spawned[0].end(-9)
        await settled()
        pool.watch(is_watched=False)
        Worker.spawned[1].end(-9)
        await settled()
        return [worker.watched for worker in Worker.spawned]

    assert run(talk) == [[True], [True, False], [True, False], []]


def test_draining_is_clean_when_all_end_in_time_and_replaces_none() -> None:
    async def talk(pool: WorkerPool, _: Log) -> tuple[bool, bool, int]:
        return await pool.drain(1), all(worker.is_drained for worker in Worker.spawned), len(Worker.spawned)

    assert run(talk) == (True, True, 2)
    assert {worker.drain_timeout_s for worker in Worker.spawned} == {1}


def test_a_worker_may_end_while_the_next_one_begins_to_drain(monkeypatch: pytest.MonkeyPatch) -> None:
    async def talk(pool: WorkerPool, _: Log) -> bool:
        for worker in Worker.spawned:

            async def drain(timeout_s: float, drain: Callable[[float], Any] = worker.drain) -> None:
                await drain(timeout_s)
                await settled()

            monkeypatch.setattr(worker, "drain", drain)
        return await pool.drain(1)

    assert run(talk)


def test_workers_that_do_not_drain_are_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers_module, "CUT_S", 0.05)

    async def talk(pool: WorkerPool, _: Log) -> tuple[bool, int]:
        async def drain(timeout_s: float) -> None:
            pass

        monkeypatch.setattr(Worker.spawned[0], "drain", drain)
        return await pool.drain(0.05), Worker.spawned[0].ended.result()

    assert run(talk) == (False, -9)


def test_a_pool_that_never_started_ends_what_it_booted() -> None:
    async def talk() -> tuple[bool, list[int]]:
        pool = WorkerPool(2, stand_in(Log()))
        pool.boot()
        clean = await pool.drain(1)
        return clean, [worker.ended.result() for worker in Worker.spawned]

    assert asyncio.run(talk()) == (True, [-9, -9])
