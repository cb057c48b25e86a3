from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from plugin_gateway.gate.permit import OperationRule
from plugin_gateway.telemetry.counters import BUCKETS_S, Counters
from plugin_gateway.telemetry.record import AccessRecord
from plugin_gateway.telemetry.series import SeriesKey, merge

RULE = OperationRule(method="GET", path_template="/pets", operation_id="listPets")


def record(
    *,
    status: int = 200,
    reason: str = "",
    rule: OperationRule | None = RULE,
    duration_s: float = 0.001,
    bytes_in: int = 0,
    bytes_out: int = 0,
) -> AccessRecord:
    return AccessRecord(0.0, b"GET", b"/pets", rule, status, bytes_in, bytes_out, duration_s, reason, b"", "")


def test_calls_are_counted_by_operation_status_and_reason() -> None:
    counters = Counters()
    counters.add([record(), record(), record(status=404, reason="operation-not-found", rule=None)])
    series = counters.series()
    assert series[SeriesKey("calls", ("listPets", "200", "", "GET", ""))] == [2]
    assert series[SeriesKey("calls", ("", "404", "operation-not-found", "GET", ""))] == [1]


def test_a_credential_that_the_upstream_refused_is_counted_by_its_name() -> None:
    counters = Counters()
    rule = replace(RULE, credential="header X-Api-Key, query k")
    counters.add([record(status=502, reason="upstream-credential-refused", rule=rule), record(rule=rule)])
    assert counters.series()[SeriesKey("refused", ("header X-Api-Key, query k",))] == [1]


def test_a_caller_cannot_make_series() -> None:
    counters = Counters()
    for number in range(50):
        refused = AccessRecord(
            0.0, b"M%d" % number, b"/x%d" % number, None, 404, 0, 0, 0.0, "operation-not-found", b"", ""
        )
        counters.add([refused])
    assert len([key for key in counters.series() if key.name in {"calls", "durations"}]) == 2


@given(st.lists(st.floats(min_value=0, max_value=1000), max_size=30))
@example([*BUCKETS_S])
def test_every_duration_is_in_exactly_one_bucket(durations: list[float]) -> None:
    counters = Counters()
    for duration_s in durations:
        counters.add([record(duration_s=duration_s)])
    *buckets, total_s = counters.series().get(SeriesKey("durations", ("listPets",)), [0.0] * (len(BUCKETS_S) + 2))
    assert sum(buckets) == len(durations)
    assert abs(total_s - sum(durations)) < 1e-6


@given(st.lists(st.lists(st.integers(0, 999), min_size=1, max_size=5), max_size=4))
def test_merged_workers_count_the_same_as_one_worker(split: list[list[int]]) -> None:
    workers, alone = [], Counters()
    for sizes in split:
        counters = Counters()
        for size in sizes:
            counters.add([record(bytes_out=size)])
            alone.add([record(bytes_out=size)])
        workers.append(counters.series())
    merged = merge([*workers, Counters().series()])
    assert {key: numbers for key, numbers in merged.items() if key.name != "durations"} == {
        key: numbers for key, numbers in alone.series().items() if key.name != "durations"
    }


def test_calls_are_counted_by_consumer_and_an_unknown_method_is_counted_as_other() -> None:
    counters = Counters()
    counters.add([record()._replace(consumer="team a"), record(rule=None, status=404)._replace(method=b"HACK")])
    series = counters.series()
    assert series[SeriesKey("calls", ("listPets", "200", "", "GET", "team a"))] == [1]
    assert series[SeriesKey("calls", ("", "404", "", "other", ""))] == [1]


def test_the_upstreams_time_counts_only_calls_with_an_answer() -> None:
    counters = Counters()
    timed_out = record(reason="upstream-timeout", status=504)._replace(upstream_s=9.0)
    counters.add([record()._replace(upstream_s=0.5), timed_out])
    assert counters.series()[SeriesKey("upstream", ("listPets",))] == [1, 0.5]


RECORDS = st.builds(
    AccessRecord,
    st.just(0.0),
    st.sampled_from([b"GET", b"POST", b"PURGE"]),
    st.just(b"/pets"),
    st.sampled_from([RULE, replace(RULE, operation_id="other", credential="key"), None]),
    st.sampled_from([200, 404, 502]),
    st.integers(0, 3),
    st.integers(0, 3),
    st.sampled_from([0.0, 2**-10, 2**-9, 0.25, 64.0]),
    st.sampled_from(["", "client-gone", "upstream-credential-refused"]),
    st.just(b""),
    st.just(""),
    st.sampled_from(["", "tom"]),
    st.just(""),
    st.sampled_from([0.0, 0.5]),
)


@given(st.lists(RECORDS, max_size=12), st.integers(0, 12))
def test_batches_of_any_size_and_order_give_the_same_counts(records: list[AccessRecord], cut: int) -> None:
    one_by_one, in_batches = Counters(), Counters()
    for record_ in records:
        one_by_one.add([record_])
    in_batches.add(records[cut:])
    in_batches.add(records[:cut])

    assert one_by_one.series() == in_batches.series()
