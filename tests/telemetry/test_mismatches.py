import logging

import pytest

from plugin_gateway.telemetry.mismatches import QUIET_S, Mismatches
from plugin_gateway.telemetry.series import SeriesKey


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_messages_are_counted_by_operation_and_side(clock: Clock) -> None:
    mismatches = Mismatches(clock)
    mismatches.note("getPet", "response", [("/id", "is missing"), ("/name", "is missing")])
    mismatches.note("getPet", "response", [("/id", "is missing")])
    mismatches.note("getPet", "request", [("/id", "is missing")])
    assert mismatches.series() == {
        SeriesKey("mismatches", ("getPet", "response")): [2],
        SeriesKey("mismatches", ("getPet", "request")): [1],
    }


def test_a_place_is_logged_once_a_minute(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    mismatches = Mismatches(clock)
    for index in range(3):
        mismatches.note("listPets", "response", [(f"/items/{index}/id", "expected integer, got string")])
    assert caplog.messages == [
        "a response of listPets does not match its description: /items/*/id expected integer, got string"
    ]
    clock.now = QUIET_S
    mismatches.note("listPets", "response", [("/items/7/id", "is missing")])
    assert len(caplog.messages) == 2
    assert caplog.records[0].__dict__["pointer"] == "/items/*/id"


def test_a_flood_of_places_does_not_fill_the_log(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    mismatches = Mismatches(clock)
    for number in range(500):
        mismatches.note("op", "response", [(f"/a{number}-{one}", "is not declared") for one in range(20)])
    assert len(caplog.messages) == 1000
    clock.now = QUIET_S + 1
    mismatches.note("op", "response", [("/new", "is not declared")])
    assert len(caplog.messages) == 1001
