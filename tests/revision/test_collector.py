from pathlib import Path

import pytest

from plugin_gateway.config.load import load_text
from plugin_gateway.config.model import Config
from plugin_gateway.revision import collector as module
from plugin_gateway.revision.cleartext import find_secrets_in_clear
from plugin_gateway.revision.collector import compile_collector, judge_collector

TEXT = "openapi: o.json\nupstream: {url: http://api.internal:9100/v1}\nallow: []\npublic: {url: https://example.com/plugin}\n"


def config(more: str = "") -> Config:
    return load_text(TEXT + more, path=Path("gateway.yaml"), environ={"TOKEN": "Bearer a-token-of-mine"}).config


def test_without_otel_there_is_no_collector() -> None:
    assert compile_collector(config(), ["/openapi.json"]) is None
    assert list(judge_collector(config())) == []


def test_a_collector_has_the_facts_about_the_gateway_and_the_api_that_spans_show() -> None:
    more = "otel: {endpoint: 'http://c:4318/', headers: {Authorization: {env: TOKEN}}, service: gw, attributes: {a: b}, parent: restart}\n"
    found = compile_collector(config(more), ["/openapi.json?profile=plugin", "/mcp"])
    assert found is not None
    assert found.endpoint == "http://c:4318"
    assert found.headers == (("Authorization", "Bearer a-token-of-mine"),)
    assert found.resource == (("service.name", "gw"), ("a", "b"))
    assert found.restarts
    assert (found.public_scheme, found.public_host, found.public_port) == ("https", "example.com", 443)
    assert found.upstream_url == "http://api.internal:9100/v1"
    assert (found.upstream_host, found.upstream_port) == ("api.internal", 9100)
    assert found.own_paths == {"/openapi.json", "/plugin/openapi.json", "/mcp", "/plugin/mcp"}


def test_a_missing_extra_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "has_extra", lambda: False)
    [finding] = judge_collector(config("otel: true\n"))
    assert (finding.rule, finding.hint) == ("missing-extra", "pip install 'plugin-gateway[otel]'")


@pytest.mark.parametrize(("host", "is_told"), [("c", True), ("localhost", False)])
def test_headers_that_cross_the_network_in_clear_get_a_warning(host: str, *, is_told: bool) -> None:
    more = f"otel: {{endpoint: 'http://{host}:4318', headers: {{Authorization: {{env: TOKEN}}}}}}\n"
    told = [finding for finding in find_secrets_in_clear(config(more)) if finding.pointer == ("otel", "endpoint")]
    assert bool(told) is is_told
