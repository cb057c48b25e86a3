from typing import Any

from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families

from plugin_gateway.endpoints.admin import Health, Reloads
from plugin_gateway.endpoints.exposition import exposition
from plugin_gateway.revision.agreed import Drifted
from plugin_gateway.telemetry.counters import BUCKETS_S
from plugin_gateway.telemetry.series import Series, SeriesKey

HEALTH = Health(
    is_ready=True,
    revision=3,
    digest="abc",
    operations=8,
    operations_total=47,
    workers=2,
    workers_wanted=2,
    reload_error="x",
    reloads=Reloads(served=4, refused=1, served_at=1000.0, refused_at=2000.0),
    restarts=2,
    drifted=(Drifted("GET /a", "quarantined", ("texts",)), Drifted("GET /b", "quarantined", ("body",))),
)


def samples(series: Series) -> dict[Any, float]:
    families = text_string_to_metric_families(exposition(HEALTH, series)[0].decode())
    return {(s.name, *sorted(s.labels.items())): s.value for family in families for s in family.samples}


def test_the_served_revision_is_exposed() -> None:
    found = samples({})
    assert found[("plugin_gateway_revision",)] == 3
    assert found[("plugin_gateway_operations",)] == 8
    assert found[("plugin_gateway_workers",)] == 2
    assert found[("plugin_gateway_reload_failed",)] == 1
    assert found[("plugin_gateway_document_stale",)] == 0
    assert found[("plugin_gateway_drifted_operations", ("outcome", "quarantined"))] == 2
    assert found[("plugin_gateway_drifted_operations", ("outcome", "followed"))] == 0


def test_calls_have_operation_status_reason_method_and_consumer() -> None:
    found = samples(
        {
            SeriesKey("calls", ("getPet", "200", "", "GET", "team a")): [7],
            SeriesKey("calls", ("", "404", "operation-not-found", "other", "")): [2],
        }
    )
    labels = (("consumer", "team a"), ("method", "GET"), ("operation", "getPet"), ("reason", ""), ("status", "200"))
    assert found[("plugin_gateway_calls_total", *labels)] == 7
    labels = (
        ("consumer", ""),
        ("method", "other"),
        ("operation", ""),
        ("reason", "operation-not-found"),
        ("status", "404"),
    )
    assert found[("plugin_gateway_calls_total", *labels)] == 2


def test_buckets_are_cumulated_and_the_last_one_is_all_calls() -> None:
    counts = [1.0] * (len(BUCKETS_S) + 1)
    found = samples({SeriesKey("durations", ("getPet",)): [*counts, 4.5]})
    name = "plugin_gateway_call_duration_seconds"
    assert found[(f"{name}_bucket", ("le", "0.0025"), ("operation", "getPet"))] == 2
    assert found[(f"{name}_bucket", ("le", "+Inf"), ("operation", "getPet"))] == len(counts)
    assert found[(f"{name}_count", ("operation", "getPet"))] == len(counts)
    assert found[(f"{name}_sum", ("operation", "getPet"))] == 4.5


def test_bytes_and_dropped_lines_are_counted() -> None:
    found = samples({SeriesKey("bytes_in"): [10], SeriesKey("bytes_out"): [20], SeriesKey("dropped"): [1]})
    assert found[("plugin_gateway_request_body_bytes_total",)] == 10
    assert found[("plugin_gateway_response_body_bytes_total",)] == 20
    assert found[("plugin_gateway_log_lines_dropped_total",)] == 1


def test_reloads_restarts_calls_in_flight_and_connections_are_exposed() -> None:
    found = samples(
        {
            SeriesKey("calls", is_gauge=True): [3],
            SeriesKey("connections", is_gauge=True): [5],
            SeriesKey("upstream", ("getPet",)): [2, 0.5],
            SeriesKey("cpu"): [1.5],
        }
    )
    assert found[("plugin_gateway_reloads_total", ("result", "served"))] == 4
    assert found[("plugin_gateway_last_reload_timestamp_seconds", ("result", "refused"))] == 2000
    assert found[("plugin_gateway_worker_restarts_total",)] == 2
    assert found[("plugin_gateway_calls_in_flight",)] == 3
    assert found[("plugin_gateway_client_connections",)] == 5
    assert found[("plugin_gateway_upstream_seconds_sum", ("operation", "getPet"))] == 0.5
    assert found[("plugin_gateway_upstream_seconds_count", ("operation", "getPet"))] == 2
    assert found[("plugin_gateway_workers_cpu_seconds_total",)] == 1.5
    assert any(name[0] == "plugin_gateway_build_info" for name in found)
    assert ("process_start_time_seconds",) in found


def test_open_metrics_are_sent_to_clients_that_ask_for_them() -> None:
    body, media_type = exposition(HEALTH, {}, "application/openmetrics-text;version=1.0.0,text/plain;q=0.5")
    assert media_type.startswith("application/openmetrics-text")
    assert body.endswith(b"# EOF\n")
    assert {family.name for family in open_metrics(body.decode())} >= {"plugin_gateway_reloads", "plugin_gateway_build"}  # type: ignore[no-untyped-call]
    assert exposition(HEALTH, {}, "text/plain")[1].startswith("text/plain")
