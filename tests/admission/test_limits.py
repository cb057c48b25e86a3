"""Token buckets: never more calls than burst and refill, all buckets or none, and a correct Retry-After."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.admission.limits import (
    CallLimits,
    Demand,
    Level,
    RateLimit,
    rate_fields,
    rate_limit,
    rate_limited,
    refill,
    take,
)
from plugin_gateway.config.units import Rate

TEN = RateLimit(name="gateway", key="g", calls=10, window_s=60, burst=10)
ONE = RateLimit(name="user", key="u", calls=1, window_s=1, burst=1)


def demand(limit: RateLimit) -> Demand:
    return Demand(limit, limit.key)


def run(limit: RateLimit, moments: list[float]) -> list[float]:
    level, admitted = None, []
    for now_s in moments:
        taken = take([demand(limit)], [level], now_s)
        level = Level(taken.tokens[0], now_s)
        if taken.is_admitted:
            admitted.append(now_s)
    return admitted


@given(
    calls=st.integers(1, 50),
    window_s=st.sampled_from([1, 60, 3600]),
    burst=st.integers(1, 60),
    steps=st.lists(st.floats(0, 30), max_size=120),
)
def test_no_window_admits_more_than_the_burst_and_the_refill(
    calls: int, window_s: int, burst: int, steps: list[float]
) -> None:
    moments, now_s = [], 0.0
    for step in steps:
        now_s += step
        moments.append(now_s)
    limit = RateLimit(name="n", key="k", calls=calls, window_s=window_s, burst=burst)
    admitted = run(limit, moments)
    for index, start in enumerate(admitted):
        for count, end in enumerate(admitted[index:], 1):
            assert count <= burst + (end - start) * calls / window_s + 1e-6


def test_a_full_bucket_gives_exactly_its_burst_at_one_moment() -> None:
    assert len(run(TEN, [5.0] * 25)) == 10


def test_a_bucket_refills_evenly_and_not_at_the_end_of_a_window() -> None:
    assert run(TEN, [0.0] * 10 + [5.9, 6.1, 6.2, 12.2]) == [0.0] * 10 + [6.1, 12.2]


def test_a_call_that_one_limit_refuses_uses_up_no_other() -> None:
    taken = take([demand(TEN), demand(ONE)], [None, Level(0.5, 0.0)], 0.0)
    assert not taken.is_admitted
    assert taken.tokens == (10.0, 0.5)


@pytest.mark.parametrize(
    ("level", "now_s", "tokens"),
    [
        (None, 0.0, 10.0),
        (Level(0.0, 0.0), 6.0, 1.0),
        (Level(0.0, 0.0), 1e9, 10.0),
        (Level(3.0, 100.0), 50.0, 3.0),
        (Level(40.0, 0.0), 0.0, 10.0),
    ],
)
def test_a_bucket_holds_at_most_its_burst_and_a_clock_that_goes_back_changes_nothing(
    level: Level | None, now_s: float, tokens: float
) -> None:
    assert refill(TEN, level, now_s) == pytest.approx(tokens)


@pytest.mark.parametrize(
    ("rate", "burst", "held"), [(Rate(20, 1), None, 20), (Rate(20, 1), 5, 5), (Rate(1, 60), None, 1)]
)
def test_a_rate_lets_its_whole_window_come_at_once_unless_a_burst_is_given(
    rate: Rate, burst: int | None, held: int
) -> None:
    limit = rate_limit("gateway", "g", rate, burst)
    assert limit is not None
    assert (limit.calls, limit.window_s, limit.burst) == (rate.calls, rate.window_s, held)


def test_an_absent_rate_is_not_a_limit() -> None:
    assert rate_limit("gateway", "g", None) is None


def test_the_refusal_names_the_limit_that_lasts_longest_and_when_to_come_back() -> None:
    refusal = rate_limited([demand(ONE), demand(TEN)], [0.0, 0.5])
    headers = dict(refusal.headers)
    assert refusal.status == 429
    assert refusal.code == "rate-limited"
    assert refusal.members == {"limit": "gateway", "retry_after_s": 3}
    assert headers[b"Retry-After"] == b"3"
    assert headers[b"RateLimit-Policy"] == b'"user";q=1;w=1, "gateway";q=10;w=60'
    assert headers[b"RateLimit"] == b'"user";r=0;t=1, "gateway";r=0;t=3'


def test_after_retry_after_the_call_passes() -> None:
    refusal = rate_limited([demand(TEN)], [0.25])
    wait_s = int(dict(refusal.headers)[b"Retry-After"])
    assert take([demand(TEN)], [Level(0.25, 0.0)], float(wait_s)).is_admitted


def test_a_full_bucket_shows_no_time_to_wait() -> None:
    assert dict(rate_fields([demand(TEN)], [10.0]))[b"RateLimit"] == b'"gateway";r=10;t=0'


def test_limits_without_any_limit_are_empty_and_their_repr_has_no_url() -> None:
    assert CallLimits(store_url="redis://:hunter2@h").is_empty
    assert not CallLimits(concurrency=1).is_empty
    assert "hunter2" not in repr(CallLimits(store_url="redis://:hunter2@h"))
