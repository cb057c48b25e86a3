"""Series: they are added up by key, and survive the way from a worker to the supervisor."""

import orjson

from plugin_gateway.telemetry.series import Series, SeriesKey, as_rows, lasting, merge, of_rows

CALLS = SeriesKey("calls", ("list", "200", "", "GET", "team a"))
IN_FLIGHT = SeriesKey("calls", is_gauge=True)
SERIES: Series = {CALLS: [3], IN_FLIGHT: [1], SeriesKey("bytes_in"): [0.5]}


def test_the_numbers_of_one_key_are_added_up() -> None:
    assert merge([SERIES, {CALLS: [4]}, {}]) == {**SERIES, CALLS: [7]}


def test_a_merge_changes_none_of_its_parts() -> None:
    merge([SERIES, {CALLS: [4]}])

    assert SERIES[CALLS] == [3]


def test_only_gauges_end_with_their_worker() -> None:
    assert lasting(SERIES) == {CALLS: [3], SeriesKey("bytes_in"): [0.5]}


def test_rows_of_json_keep_every_label_and_number() -> None:
    assert of_rows(orjson.loads(orjson.dumps(as_rows(SERIES)))) == SERIES
