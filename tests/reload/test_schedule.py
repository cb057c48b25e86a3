from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.reload.schedule import LEAST_S, MOST_S, Schedule, pause_s, refresh_pause_s


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def schedule(clock: Clock) -> Schedule:
    return Schedule(clock, lambda: 0.5)


def test_attempts_become_rarer_the_longer_the_document_is_awaited(schedule: Schedule, clock: Clock) -> None:
    assert schedule.retry_s() == pytest.approx(LEAST_S * 1.125)
    clock.now = 1e6
    assert schedule.retry_s() == MOST_S


def test_a_change_of_a_file_begins_the_wait_anew(schedule: Schedule, clock: Clock) -> None:
    clock.now = 1e6
    schedule.asked()

    assert schedule.waited_s == 0
    assert schedule.retry_s() == pytest.approx(LEAST_S * 1.125)


def test_failures_in_a_row_double_the_pause_and_a_success_ends_them(schedule: Schedule) -> None:
    failing = [schedule.refresh_s(100, is_failing=True) for _ in range(3)]

    assert failing == pytest.approx([1, 2, 4])
    assert schedule.refresh_s(100, is_failing=False) == pytest.approx(100)
    assert schedule.refresh_s(100, is_failing=True) == pytest.approx(1)


def test_a_document_without_refresh_is_not_looked_at_again(schedule: Schedule) -> None:
    assert schedule.refresh_s(0, is_failing=False) == schedule.refresh_s(0, is_failing=True) == inf


@given(waited_s=st.floats(0, 1e9), chance=st.floats(0, 1))
def test_a_pause_is_bounded(waited_s: float, chance: float) -> None:
    assert LEAST_S <= pause_s(waited_s, chance) <= MOST_S


@given(waited_s=st.floats(0, 1e6), longer_s=st.floats(0, 1e6), chance=st.floats(0, 1))
def test_the_longer_the_wait_the_longer_the_pause(waited_s: float, longer_s: float, chance: float) -> None:
    assert pause_s(waited_s, chance) <= pause_s(waited_s + longer_s, chance)


def test_replicas_that_started_together_do_not_ask_together() -> None:
    assert pause_s(0, 0) < pause_s(0, 1)
    assert pause_s(40, 0) < pause_s(40, 1)


@given(every_s=st.floats(1, 1e6), chance=st.floats(0, 1))
def test_a_refresh_comes_in_time_give_or_take_a_tenth(every_s: float, chance: float) -> None:
    assert every_s * 0.899 <= refresh_pause_s(every_s, 0, chance) <= every_s * 1.101


@given(every_s=st.floats(1, 1e6), failures=st.integers(1, 10_000))
def test_a_server_that_fails_is_asked_less_and_less_often_up_to_the_interval(every_s: float, failures: int) -> None:
    pause = refresh_pause_s(every_s, failures, 0.5)
    assert 0.9 <= pause <= refresh_pause_s(every_s, failures + 1, 0.5) <= every_s * 1.001
    assert refresh_pause_s(every_s, 10_000, 0.5) == pytest.approx(every_s)


def test_an_interval_below_a_second_is_a_second() -> None:
    assert refresh_pause_s(0.001, 0, 0.5) == pytest.approx(LEAST_S)
