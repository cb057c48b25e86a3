from pathlib import Path
from typing import Any

import pytest

from plugin_gateway.config.load import load_text
from plugin_gateway.errors import ConfigError

TEXT = "openapi: o.json\nupstream: {url: http://127.0.0.1:9}\nallow: []\n"


def otel(written: str) -> Any:
    config = load_text(
        TEXT + f"otel: {written}\n", path=Path("gateway.yaml"), environ={"TOKEN": "Bearer a-token-of-mine"}
    ).config
    return config.otel


def test_otel_is_off_by_default() -> None:
    assert load_text(TEXT, path=Path("gateway.yaml"), environ={}).config.otel is None


@pytest.mark.parametrize("written", ["{}", "true", "http://localhost:4318", "{endpoint: 'http://localhost:4318'}"])
def test_a_url_or_true_is_enough_to_turn_otel_on(written: str) -> None:
    found = otel(written)
    assert found.endpoint == "http://localhost:4318"
    assert (found.traces, found.metrics, found.sample, found.parent) == (True, True, 1, "continue")


def test_the_headers_for_the_collector_are_secrets() -> None:
    found = otel("{headers: {Authorization: {env: TOKEN}}}")
    assert found.headers["Authorization"].reveal() == "Bearer a-token-of-mine"
    assert "a-token" not in repr(found)


@pytest.mark.parametrize(
    ("written", "match"),
    [
        ("{endpoint: 'http://c:4318/v1/traces'}", "bad-url.*without the path"),
        ("{endpoint: 'http://c:4317'}", "bad-url.*gRPC"),
        ("{endpoint: 'grpc://c:4318'}", "bad-url"),
        ("{sample: 50}", "bad-value.*between 0 and 1"),
        ("{sample: -0.1}", "bad-value"),
        ("{sample: half}", "wrong-type"),
        ("{interval: 100ms}", "bad-value.*1s"),
        ("{queue: 0}", "bad-value"),
        ("{parent: trust}", "bad-value"),
        ("{sampling: 1}", "unknown-key.*sampling"),
        ("{url: 'http://c:4318'}", "unknown-key.*url"),
    ],
)
def test_a_mistake_in_otel_is_an_error(written: str, match: str) -> None:
    with pytest.raises(ConfigError, match=match):
        otel(written)


def test_a_percentage_gets_the_ratio_as_its_hint() -> None:
    with pytest.raises(ConfigError) as caught:
        otel("{sample: 50}")
    assert "write 0.5" in str(caught.value.findings[0].hint)


def test_a_share_with_a_percent_sign_gets_the_ratio_as_its_hint() -> None:
    with pytest.raises(ConfigError) as caught:
        otel("{sample: 50%}")
    assert "write 0.5" in str(caught.value.findings[0].hint)


@pytest.mark.parametrize(("text", "is_fine"), [("0.25", True), ("1", True), ("5", False), ("a half", False)])
def test_a_variable_sets_the_share_within_the_same_bounds(text: str, is_fine: bool) -> None:
    environ = {"PLUGIN_GATEWAY__OTEL__SAMPLE": text}
    if is_fine:
        found = load_text(TEXT, path=Path("gateway.yaml"), environ=environ).config.otel
        assert found is not None
        assert found.sample == float(text)
    else:
        with pytest.raises(ConfigError, match=r"otel\.sample"):
            load_text(TEXT, path=Path("gateway.yaml"), environ=environ)
