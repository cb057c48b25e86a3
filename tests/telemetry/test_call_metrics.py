import pytest

from plugin_gateway.telemetry import call_metrics
from plugin_gateway.telemetry.call_metrics import BOUNDS_S, CLIENT_DURATION, SERVER_DURATION, CallMetrics, Histogram
from plugin_gateway.telemetry.record import AccessRecord
from tests.telemetry.test_span import COLLECTOR, record, traced


def counted(*records: AccessRecord) -> list[Histogram]:
    metrics = CallMetrics()
    metrics.add(records, COLLECTOR)
    return list(metrics.histograms())


def test_a_forwarded_call_counts_for_the_server_and_for_the_client() -> None:
    server, client = counted(record(), record())
    assert (server.name, client.name) == (SERVER_DURATION, CLIENT_DURATION)
    assert server.counts[BOUNDS_S.index(0.25)] == 2
    assert server.sums == [0.5]
    assert client.counts[BOUNDS_S.index(0.25)] == 2
    assert client.sums == [0.4]
    assert dict(server.attributes) == {
        "http.request.method": "GET",
        "url.scheme": "https",
        "http.route": "/pets/{petId}",
        "http.response.status_code": 200,
    }
    assert dict(client.attributes)["url.template"] == "/pets/{petId}"


def test_calls_without_a_recorded_trace_are_counted() -> None:
    [server, _] = counted(record(request_id=b"id-1"), record(request_id=traced(is_sampled=False)))
    assert sum(server.counts) == 2


def test_a_refused_call_shows_no_path() -> None:
    [server] = counted(record(rule=None, target=b"/admin/keys", status=404, reason="operation-not-found"))
    assert "admin" not in str(server)


def test_the_call_of_a_tool_counts_only_for_the_client() -> None:
    [client] = counted(record(request_id=traced(is_inner=True)))
    assert client.name == CLIENT_DURATION


def test_an_answer_that_failed_has_its_reason_and_no_status_of_the_api() -> None:
    _, client = counted(record(status=502, reason="upstream-refused"))
    assert dict(client.attributes)["error.type"] == "upstream-refused"
    assert "http.response.status_code" not in dict(client.attributes)


def test_a_call_longer_than_every_bound_is_in_the_last_bucket() -> None:
    server, _ = counted(record(duration_s=100.0))
    assert server.counts[-1] == 1


def test_the_number_of_series_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_metrics, "MOST_SERIES", 3)
    found = counted(*(record(rule=None, target=b"/x", status=status) for status in range(200, 210)))
    assert len(found) == 4
    assert sum(found[-1].counts) == 7
    assert found[-1].attributes == [("otel.metric.overflow", 1)]
