"""The shared table: one count for all processes, bounded memory, and no lock that outlives its holder."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import IO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.admission.limits import Demand, Level, RateLimit, take
from plugin_gateway.admission.table import SIZE_BYTES, Table, open_shared

HUNDRED = RateLimit(name="gateway", key="g", calls=100, window_s=86400, burst=100)
USERS = RateLimit(name="user", key="u", calls=1, window_s=86400, burst=1)


@pytest.fixture
def descriptor() -> Iterator[int]:
    held = open_shared()
    yield held
    os.close(held)


def fixed(limit: RateLimit) -> Demand:
    return Demand(limit, limit.key)


def of_user(number: int) -> Demand:
    return Demand(USERS, f"u:{number}")


TAKE_MANY = """
import sys
from plugin_gateway.admission.table import Table
from plugin_gateway.admission.limits import Demand, RateLimit
limit = RateLimit(name="gateway", key="g", calls=100, window_s=86400, burst=100)
table = Table(int(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
print(sum(table.take([Demand(limit, "g")], 0.0).is_admitted for _ in range(400)))
"""
HOLD = """
import fcntl, sys
from plugin_gateway.admission import table
fcntl.lockf(int(sys.argv[1]), fcntl.LOCK_EX, 1, table._FIXED_AT)
print("ready", flush=True)
sys.stdin.readline()
"""


@contextmanager
def running(program: str, descriptor: int) -> Iterator[tuple[IO[str], IO[str]]]:
    """Run a program until it is ready; yield its standard input and output."""
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(descriptor)],
        pass_fds=(descriptor,),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin
    assert process.stdout
    with process:
        try:
            assert process.stdout.readline() == "ready\n"
            yield process.stdin, process.stdout
        finally:
            process.kill()


def test_processes_that_share_the_table_let_exactly_the_limit_through(descriptor: int) -> None:
    with ExitStack() as stack:
        processes = [stack.enter_context(running(TAKE_MANY, descriptor)) for _ in range(3)]
        for stdin, _ in processes:
            stdin.write("go\n")
            stdin.flush()
        assert sum(int(stdout.readline()) for _, stdout in processes) == 100


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.floats(0, 1e5)), max_size=40))
def test_the_table_agrees_with_the_pure_buckets(calls: list[tuple[bool, bool, float]]) -> None:
    few = RateLimit(name="operation", key="o", calls=3, window_s=3600, burst=4)
    table, levels, now_s = Table(), dict[str, Level](), 0.0
    for wants_one, wants_other, step_s in calls:
        now_s += step_s
        demands = [fixed(limit) for limit, wanted in ((HUNDRED, wants_one), (few, wants_other)) if wanted]
        expected = take(demands, [levels.get(d.key) for d in demands], now_s)
        assert table.take(demands, now_s) == expected
        levels |= {d.key: Level(tokens, now_s) for d, tokens in zip(demands, expected.tokens, strict=True)}
    table.close()


def test_callers_that_invent_names_cannot_make_the_gateways_own_bucket_forgotten() -> None:
    table = Table()
    for _ in range(100):
        assert table.take([fixed(HUNDRED)], 0.0).is_admitted
    for number in range(60_000):
        table.take([of_user(number)], 1.0)
    assert not table.take([fixed(HUNDRED)], 1.0).is_admitted
    assert len(table._places) == 1


def test_each_user_has_a_separate_bucket() -> None:
    table = Table()
    assert [table.take([of_user(n)], 0.0).is_admitted for n in (1, 2, 1, 2, 3)] == [True, True, False, False, True]


ENTER_TWICE = """
import sys
from plugin_gateway.admission.table import Table
table = Table(int(sys.argv[1]))
assert table.enter(9) and table.enter(9)
print("ready", flush=True)
sys.stdin.readline()
"""


def test_calls_of_all_workers_are_counted_and_a_new_worker_forgets_the_calls_of_a_dead_one(
    descriptor: int,
) -> None:
    table = Table(descriptor)
    assert table.enter(9)
    with running(ENTER_TWICE, descriptor):
        assert table.calls == 3
        assert not table.enter(3)
    assert table.calls == 3
    with running(ENTER_TWICE, descriptor):
        assert table.calls == 3
    table.leave()
    assert table.calls == 2


def test_a_call_that_leaves_makes_room() -> None:
    table = Table()
    assert [table.enter(2), table.enter(2), table.enter(2)] == [True, True, False]
    table.leave()
    assert table.enter(2)


def test_a_worker_that_is_stopped_while_it_has_the_lock_does_not_stop_the_others(descriptor: int) -> None:
    with running(HOLD, descriptor):
        table = Table(descriptor)
        assert table.take([fixed(HUNDRED)], 0.0).is_admitted
        assert table._is_stuck
        assert table.enter(1)
    assert not table.enter(1)
    assert not table._is_stuck


def test_the_table_is_small() -> None:
    assert SIZE_BYTES < 1_000_000
