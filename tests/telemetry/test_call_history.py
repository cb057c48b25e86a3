import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.telemetry.call_history import HOUR_S, MOST_OPERATIONS, CallHistory
from plugin_gateway.telemetry.series import Series, SeriesKey

NOON = 500_000 * HOUR_S
NAMES = {"list": "GET /pets", "get": "GET /pets/{id}"}


def series(**calls: int) -> Series:
    return {SeriesKey("calls", (operation, "200", "", "GET", "")): [count] for operation, count in calls.items()}


def test_calls_of_every_outcome_are_counted_by_operation() -> None:
    history = CallHistory()
    counted = {
        SeriesKey("calls", ("list", "200", "", "GET", "")): [3.0],
        SeriesKey("calls", ("list", "503", "upstream-unavailable", "GET", "some caller")): [2.0],
        SeriesKey("calls", ("", "404", "operation-not-found", "GET", "")): [9.0],
        SeriesKey("durations", ("list",)): [5.0],
    }
    history.add(counted, NAMES, NOON)
    assert history.calls(NOON) == {"GET /pets": 5}


def test_an_unchanged_series_adds_no_calls() -> None:
    history = CallHistory()
    for count in (2, 2, 5):
        history.add(series(list=count), NAMES, NOON)
    assert history.calls(NOON) == {"GET /pets": 5}


def test_calls_are_forgotten_after_a_day() -> None:
    history = CallHistory()
    history.add(series(list=4, get=1), NAMES, NOON)
    history.add(series(list=5, get=1), NAMES, NOON + 20 * HOUR_S)
    assert history.calls(NOON + 24 * HOUR_S) == {"GET /pets": 5, "GET /pets/{id}": 1}
    assert history.calls(NOON + 25 * HOUR_S) == {"GET /pets": 1}
    assert history.calls(NOON + 45 * HOUR_S) == {}


def test_an_operation_keeps_its_calls_under_another_id_and_after_it_was_closed() -> None:
    history = CallHistory()
    history.add(series(list=3), NAMES, NOON)
    history.add(series(list=3, pets=2), {"pets": "GET /pets"}, NOON)
    history.add(series(list=4, pets=2), {}, NOON)
    assert history.calls(NOON) == {"GET /pets": 6}


def test_no_call_is_counted_twice_after_a_worker_was_killed() -> None:
    history = CallHistory()
    for count in (10, 7, 9, 12):
        history.add(series(list=count), NAMES, NOON)
    assert history.calls(NOON) == {"GET /pets": 12}


def test_a_clock_that_is_set_back_loses_no_calls() -> None:
    history = CallHistory()
    history.add(series(list=1), NAMES, NOON)
    history.add(series(list=2), NAMES, NOON - 5 * HOUR_S)
    assert history.calls(NOON) == {"GET /pets": 2}


def test_the_number_of_operations_is_bounded() -> None:
    history = CallHistory()
    history.add(series(**{f"op{number}": 1 for number in range(MOST_OPERATIONS + 5)}), NAMES, NOON)
    assert len(history.calls(NOON)) == MOST_OPERATIONS
    later = NOON + 30 * HOUR_S
    history.add(series(new=1), NAMES, later)
    assert history.calls(later) == {"new": 1}


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 9)), max_size=30))
def test_the_history_agrees_with_a_list_of_all_calls(steps: list[tuple[int, int]]) -> None:
    history, hour, total = CallHistory(), NOON // HOUR_S, 0
    made: list[tuple[int, int]] = []
    for hours, calls in steps:
        hour += hours
        total += calls
        made.append((hour, calls))
        history.add(series(list=total), NAMES, hour * HOUR_S)
    expected = sum(calls for then, calls in made if then > hour - 25)
    assert history.calls(hour * HOUR_S).get("GET /pets", 0) == expected


@pytest.mark.parametrize("key", [SeriesKey("bytes_in"), SeriesKey("calls", is_gauge=True)])
def test_other_series_are_ignored(key: SeriesKey) -> None:
    history = CallHistory()
    history.add({key: [3.0]}, NAMES, NOON)
    assert history.calls(NOON) == {}
