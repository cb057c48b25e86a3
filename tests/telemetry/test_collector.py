from plugin_gateway.telemetry.collector import Collector


def test_the_repr_shows_no_header() -> None:
    assert "a-secret" not in repr(Collector(endpoint="http://127.0.0.1", headers=(("Authorization", "a-secret"),)))
