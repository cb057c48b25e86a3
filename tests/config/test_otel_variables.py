from pathlib import Path
from typing import Any

import pytest

from plugin_gateway.config import otel_variables
from plugin_gateway.config.load import LoadedConfig, load_text
from plugin_gateway.diagnostics import Severity

TEXT = "openapi: o.json\nupstream: {url: http://127.0.0.1:9}\nallow: []\n"
ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}


@pytest.fixture(autouse=True)
def extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(otel_variables, "has_extra", lambda: True)


def loaded(environ: dict[str, str], otel: str = "") -> LoadedConfig:
    text = TEXT + (f"otel: {otel}\n" if otel else "")
    return load_text(text, path=Path("gateway.yaml"), environ=environ)


def otel_of(environ: dict[str, str], otel: str = "") -> Any:
    found = loaded(environ, otel)
    assert found.warnings == ()
    return found.config.otel


def test_the_standard_endpoint_turns_the_export_on() -> None:
    found = otel_of(ENDPOINT)
    assert (found.endpoint, found.service, found.traces, found.metrics) == (
        "http://collector:4318",
        "plugin-gateway",
        True,
        True,
    )


@pytest.mark.parametrize(
    ("environ", "otel"),
    [
        ({}, ""),
        ({"OTEL_SERVICE_NAME": "pets"}, ""),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": " "}, ""),
        (ENDPOINT, "false"),
        (ENDPOINT | {"OTEL_SDK_DISABLED": "true"}, ""),
        ({"OTEL_SDK_DISABLED": "True"}, "true"),
        ({"PLUGIN_GATEWAY__OTEL": "false"} | ENDPOINT, ""),
    ],
)
def test_nothing_is_exported_without_an_endpoint_or_if_it_is_turned_off(environ: dict[str, str], otel: str) -> None:
    assert otel_of(environ, otel) is None


def test_a_variable_of_the_gateway_turns_the_export_on() -> None:
    assert otel_of({"PLUGIN_GATEWAY__OTEL": "true"}).endpoint == "http://localhost:4318"


def test_the_config_wins_over_the_variables() -> None:
    environ = ENDPOINT | {"OTEL_SERVICE_NAME": "from-env", "OTEL_RESOURCE_ATTRIBUTES": "a=1,b=2,service.name=x"}
    found = otel_of(environ, "{endpoint: 'http://mine:4318', service: mine, attributes: {a: mine}}")
    assert (found.endpoint, found.service, found.attributes) == ("http://mine:4318", "mine", {"a": "mine", "b": "2"})


@pytest.mark.parametrize(
    ("environ", "key", "value"),
    [
        ({"OTEL_SERVICE_NAME": "pets"}, "service", "pets"),
        ({"OTEL_RESOURCE_ATTRIBUTES": "service.name=pets,team=a%20b"}, "service", "pets"),
        ({"OTEL_RESOURCE_ATTRIBUTES": "service.name=pets,team=a%20b"}, "attributes", {"team": "a b"}),
        ({"OTEL_SERVICE_NAME": "wins", "OTEL_RESOURCE_ATTRIBUTES": "service.name=pets"}, "service", "wins"),
        ({"OTEL_TRACES_EXPORTER": "none"}, "traces", False),
        ({"OTEL_METRICS_EXPORTER": "console,otlp"}, "metrics", True),
        ({"OTEL_TRACES_SAMPLER": "parentbased_always_on"}, "sample", 1),
        ({"OTEL_TRACES_SAMPLER": "always_off"}, "sample", 0),
        ({"OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.25"}, "sample", 0.25),
        ({"OTEL_METRIC_EXPORT_INTERVAL": "30000"}, "interval", 30),
        ({"OTEL_BSP_MAX_QUEUE_SIZE": "2048"}, "queue", 2048),
    ],
)
def test_each_variable_fills_in_its_key(environ: dict[str, str], key: str, value: Any) -> None:
    assert getattr(otel_of(environ, "true"), key) == value


def test_headers_of_the_variable_are_secrets() -> None:
    found = otel_of({"OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20a-token-of-mine, x-team=blue"}, "true")
    assert {name: secret.reveal() for name, secret in found.headers.items()} == {
        "authorization": "Bearer a-token-of-mine",
        "x-team": "blue",
    }
    assert "a-token" not in repr(found)


def test_the_endpoint_of_one_signal_exports_this_signal_alone() -> None:
    found = otel_of({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c:4318/v1/traces"})
    assert (found.endpoint, found.traces, found.metrics) == ("http://c:4318", True, False)


@pytest.mark.parametrize(
    ("environ", "is_on"),
    [
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4317"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4317"}, False),
        (ENDPOINT | {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, False),
        (ENDPOINT | {"OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"}, True),
        (ENDPOINT | {"OTEL_EXPORTER_OTLP_HEADERS": "a-token-of-mine"}, True),
        (ENDPOINT | {"OTEL_EXPORTER_OTLP_HEADERS": "host=a-token-of-mine"}, True),
        (ENDPOINT | {"OTEL_TRACES_EXPORTER": "zipkin"}, True),
        (ENDPOINT | {"OTEL_TRACES_SAMPLER": "jaeger_remote"}, True),
        (ENDPOINT | {"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "2"}, True),
        (ENDPOINT | {"OTEL_METRIC_EXPORT_INTERVAL": "10"}, True),
        (ENDPOINT | {"OTEL_BSP_MAX_QUEUE_SIZE": "0"}, True),
        (ENDPOINT | {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://other:4318/v1/traces"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c:4318/custom"}, False),
    ],
)
def test_a_value_that_the_gateway_cannot_use_gets_a_warning_and_no_error(environ: dict[str, str], is_on: bool) -> None:
    found = loaded(environ)
    [warning] = found.warnings
    assert warning.rule == "otel-variable"
    assert warning.severity is Severity.WARNING
    assert warning.location is not None
    assert warning.location.file.removeprefix("env ") in environ
    assert "a-token" not in str(warning)
    assert (found.config.otel is not None) is is_on


def test_without_the_extra_the_variables_alone_stop_no_gateway(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(otel_variables, "has_extra", lambda: False)
    found = loaded(ENDPOINT)
    assert found.config.otel is None
    assert "plugin-gateway[otel]" in found.warnings[0].hint
