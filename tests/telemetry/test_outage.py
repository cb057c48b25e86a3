from collections.abc import Callable
from typing import Any

import pytest

from plugin_gateway.telemetry.outage import QUIET_S, Outage


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Callable[..., Any]:
    caplog.set_level("INFO", "plugin_gateway")
    return lambda: [vars(record)["event"] for record in caplog.records]


def test_an_outage_is_logged_when_it_begins_and_when_it_ends(
    told: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    outage = Outage("Redis", clock)
    outage.answered()
    for _ in range(1000):
        outage.failed("no connection")
    clock.now += 2.5
    outage.answered()
    outage.answered()
    assert told() == ["outage-began", "outage-ended"]
    began, ended = caplog.records
    assert began.getMessage() == "Redis does not answer: no connection"
    assert vars(ended).items() >= {"what": "Redis", "lasted_s": 2.5, "failures": 1000}.items()


def test_a_service_that_fails_every_other_time_does_not_fill_the_log(told: Callable[..., Any]) -> None:
    clock = Clock()
    outage = Outage("Redis", clock)
    for _ in range(100):
        outage.failed("x")
        outage.answered()
    assert told() == ["outage-began", "outage-ended"]
    clock.now += QUIET_S
    outage.failed("x")
    assert told()[2:] == ["outage-began"]


def test_a_lasting_outage_is_logged_although_another_ended_just_before(told: Callable[..., Any]) -> None:
    clock = Clock()
    outage = Outage("Redis", clock)
    outage.failed("x")
    outage.answered()
    outage.failed("x")
    clock.now += QUIET_S
    outage.failed("x")
    outage.answered()
    assert told() == ["outage-began", "outage-ended"] * 2
