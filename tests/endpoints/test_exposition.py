from prometheus_client.parser import text_string_to_metric_families

from plugin_gateway.endpoints.admin import Health
from plugin_gateway.endpoints.exposition import exposition
from plugin_gateway.telemetry.counters import BUCKETS_S

HEALTH = Health(
    is_ready=True,
    revision=3,
    digest="abc",
    operations=8,
    operations_total=47,
    workers=2,
    workers_wanted=2,
    reload_error="x",
)


def samples(series):
    families = text_string_to_metric_families(exposition(HEALTH, series).decode())
    return {(s.name, *sorted(s.labels.items())): s.value for family in families for s in family.samples}


def test_what_is_served_is_exposed():
    found = samples({})
    assert found[("plugin_gateway_revision",)] == 3
    assert found[("plugin_gateway_operations",)] == 8
    assert found[("plugin_gateway_workers",)] == 2
    assert found[("plugin_gateway_reload_failed",)] == 1


def test_calls_have_operation_status_and_reason():
    found = samples({"calls getPet 200 ": [7], "calls  404 operation-not-found": [2]})
    labels = (("operation", ""), ("reason", "operation-not-found"), ("status", "404"))
    assert found[("plugin_gateway_calls_total", *labels)] == 2


def test_buckets_are_cumulated_and_the_last_one_is_all_calls():
    counts = [1.0] * (len(BUCKETS_S) + 1)
    found = samples({"durations getPet": [*counts, 4.5]})
    name = "plugin_gateway_call_duration_seconds"
    assert found[(f"{name}_bucket", ("le", "0.0025"), ("operation", "getPet"))] == 2
    assert found[(f"{name}_bucket", ("le", "+Inf"), ("operation", "getPet"))] == len(counts)
    assert found[(f"{name}_count", ("operation", "getPet"))] == len(counts)
    assert found[(f"{name}_sum", ("operation", "getPet"))] == 4.5


def test_bytes_and_dropped_lines_are_counted():
    found = samples({"bytes_in": [10], "bytes_out": [20], "dropped": [1]})
    assert found[("plugin_gateway_request_body_bytes_total",)] == 10
    assert found[("plugin_gateway_response_body_bytes_total",)] == 20
    assert found[("plugin_gateway_log_lines_dropped_total",)] == 1
