from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.config.mistake import Mistake
from plugin_gateway.config.units import Rate, format_duration, format_size, parse_duration, parse_rate, parse_size


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("500ms", 0.5),
        ("3s", 3),
        ("5m", 300),
        ("5min", 300),
        ("1h", 3600),
        ("1d", 86400),
        ("1m30s", 90),
        ("0", 0),
        pytest.param(0, 0, id="number"),
        ("1.5s", 1.5),
    ],
)
def test_a_duration_is_read_as_seconds(text: int | str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "5",
        pytest.param(5, id="number"),
        "s",
        "5 parsecs",
        "-1s",
        "1s2",
        True,
        False,
        None,
        "367d",
        "9" * 20 + "s",
        "1s 2s",
    ],
)
def test_a_duration_without_a_known_unit_or_beyond_a_year_is_a_mistake(text: int | str | None) -> None:
    with pytest.raises(Mistake) as caught:
        parse_duration(text)
    assert caught.value.rule == "bad-duration"


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("100B", 100),
        ("32kB", 32_000),
        ("32KB", 32_000),
        ("32KiB", 32_768),
        ("1MB", 10**6),
        ("1.5kB", 1500),
        ("1 MiB", 2**20),
    ],
)
def test_a_size_counts_kb_by_1000_and_kib_by_1024(text: str, count: int) -> None:
    assert parse_size(text) == count


@pytest.mark.parametrize(
    "text", ["", "32", pytest.param(32, id="number"), "kB", "32 parsecs", "-1kB", "0.5B", "9999999999GB", None]
)
def test_a_size_that_is_not_a_whole_number_of_bytes_is_a_mistake(text: int | str | None) -> None:
    with pytest.raises(Mistake) as caught:
        parse_size(text)
    assert caught.value.rule == "bad-size"


@pytest.mark.parametrize(
    ("text", "rate"),
    [("20/s", Rate(20, 1)), ("10/min", Rate(10, 60)), ("1 / hour", Rate(1, 3600)), ("9/d", Rate(9, 86400))],
)
def test_a_rate_is_calls_per_window(text: str, rate: Rate) -> None:
    assert parse_rate(text) == rate


@pytest.mark.parametrize("text", ["", "20", "0/s", "s", "1/fortnight", "1.5/s", 5, None])
def test_a_rate_without_a_window_or_calls_is_a_mistake(text: int | str | None) -> None:
    with pytest.raises(Mistake) as caught:
        parse_rate(text)
    assert caught.value.rule == "bad-rate"


@pytest.mark.parametrize(
    ("parse", "text", "hint"),
    [
        (parse_duration, "5mins", "write 5m"),
        (parse_duration, 30, "write 30s"),
        (parse_duration, "2 hours", "write 2h"),
        (parse_duration, "1,5s", "write 1.5s"),
        (parse_duration, "5x", "write a number and a unit: 500ms, 3s, 5m, 1h, 1d"),
        (parse_size, 5000, "write 5000B"),
        (parse_size, "5M", "write 5MB"),
        (parse_size, "64Ki", "write 64KiB"),
        (parse_size, "1,5MB", "write 1.5MB"),
        (parse_size, "unlimited", "leave the key out"),
        (parse_rate, 10, "write 10/s or 10/min"),
        (parse_rate, "10 per minute", "write 10/min"),
        (parse_rate, "10 requests per second", "write 10/s"),
        (parse_rate, "10rpm", "write 10/min"),
        (parse_rate, "5r/s", "write 5/s"),
        (parse_rate, "unlimited", "leave the key out for no limit"),
    ],
)
def test_the_hint_spells_out_the_probable_meaning(parse: Callable[..., Any], text: int | str, hint: str) -> None:
    with pytest.raises(Mistake) as caught:
        parse(text)
    assert caught.value.hint == hint


@given(st.integers(0, 31_000_000_000))
def test_a_duration_survives_being_written(milliseconds: int) -> None:
    assert parse_duration(format_duration(milliseconds / 1000)) == pytest.approx(milliseconds / 1000)


@given(st.integers(0, 2**50))
def test_a_size_survives_being_written(count: int) -> None:
    assert parse_size(format_size(count)) == count


@given(st.builds(Rate, st.integers(1, 10**9 - 1), st.sampled_from([1, 60, 3600, 86400])))
def test_a_rate_survives_being_written(rate: Rate) -> None:
    assert parse_rate(str(rate)) == rate
