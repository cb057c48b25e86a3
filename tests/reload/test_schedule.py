from math import inf

import pytest

from plugin_gateway.reload.pause import LEAST_S, MOST_S
from plugin_gateway.reload.schedule import Schedule


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
