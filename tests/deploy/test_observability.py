"""The rules and the dashboard of deploy/observability: promtool tries the rules, and a real Prometheus evaluates every query."""

from __future__ import annotations

import json
import re
import subprocess
import threading
import time
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
import yaml

from plugin_gateway.endpoints.admin import Health
from plugin_gateway.endpoints.exposition import exposition
from plugin_gateway.refusal import TITLES
from plugin_gateway.telemetry import Counters
from tests.bounds import BOUND_S
from tests.deploy.proxies import DEPLOY, program, serving, stop, until_listening
from tests.ports import free_ports

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FOLDER = DEPLOY / "observability"
ALERTS = FOLDER / "alerts.yaml"
PAGE = DEPLOY.parent / "docs" / "monitoring.md"
_SUFFIX = re.compile(r"_(?:total|bucket|sum|count|info)\Z")


def alerts() -> list[dict[str, Any]]:
    [group] = yaml.safe_load(ALERTS.read_text())["groups"]
    rules: list[dict[str, Any]] = group["rules"]
    return rules


def dashboard_queries() -> list[str]:
    board = json.loads((FOLDER / "dashboard.json").read_text())
    return [target["expr"] for panel in board["panels"] for target in panel["targets"]]


def families() -> set[str]:
    """The names of all metrics of a gateway, without their suffixes; those of the process are the library's."""
    health = Health(is_ready=True, revision=1, digest="", operations=1, operations_total=1, workers=1, workers_wanted=1)
    text, _ = exposition(health, Counters().series(), "")
    return {_SUFFIX.sub("", name) for name in re.findall(r"(?m)^# TYPE (plugin_gateway_\S+)", text.decode())}


def named_in(text: str) -> set[str]:
    return {_SUFFIX.sub("", name) for name in re.findall(r"plugin_gateway_\w+", text)}


def test_every_metric_in_a_rule_or_a_panel_exists() -> None:
    queries = [rule["expr"] for rule in alerts()] + dashboard_queries()
    assert set().union(*map(named_in, queries)) <= families()


def test_the_page_names_each_metric_and_each_alert() -> None:
    text = PAGE.read_text()
    table = text.partition("## Metrics")[2].partition("## Alerts")[0]
    assert named_in(table) == families()
    assert set(re.findall(r"`(PluginGateway\w+)`", text)) == {rule["alert"] for rule in alerts()}


def test_every_reason_in_a_rule_is_a_code_of_the_gateway() -> None:
    patterns = [pattern for rule in alerts() for pattern in re.findall(r'reason=~"([^"]+)"', rule["expr"])]
    alternatives = [one for pattern in patterns for one in pattern.split("|")]
    assert len(alternatives) > 8
    for one in alternatives:
        assert any(re.fullmatch(one, code) for code in TITLES), one


def test_each_alert_is_tried() -> None:
    tried = re.findall(r"alertname: (\w+)\n", (FOLDER / "alerts.test.yaml").read_text())
    assert set(tried) == {rule["alert"] for rule in alerts()}


@pytest.mark.parametrize(
    "arguments",
    [("check", "rules", "alerts.yaml"), ("test", "rules", "alerts.test.yaml"), ("check", "config", "prometheus.yml")],
)
def test_promtool_accepts_the_rules(arguments: tuple[str, ...]) -> None:
    result = subprocess.run(
        [program("promtool"), *arguments], cwd=FOLDER, capture_output=True, text=True, timeout=BOUND_S, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.fixture
def prometheus(tmp_path: Path) -> Iterator[httpx2.Client]:
    """A Prometheus that scrapes a gateway with some calls behind it."""
    found = program("prometheus")
    (tmp_path / "openapi.json").write_text(
        json.dumps(
            {
                "openapi": "3.1.0",
                "info": {"title": "Pets", "version": "1"},
                "paths": {"/pets": {"get": {"operationId": "listPets", "responses": {}}}},
            }
        )
    )
    public, metrics, port, upstream = free_ports(4)
    config = tmp_path / "gateway.yaml"
    config.write_text(
        f"openapi: openapi.json\nupstream: {{url: http://127.0.0.1:{upstream}}}\nallow: [listPets]\n"
        f"listen: 127.0.0.1:{public}\nmetrics: 127.0.0.1:{metrics}\n"
    )
    own = yaml.safe_load((FOLDER / "prometheus.yml").read_text())
    own["global"] = {"scrape_interval": "200ms", "scrape_timeout": "200ms", "evaluation_interval": "200ms"}
    own["scrape_configs"][0]["static_configs"] = [{"targets": [f"127.0.0.1:{metrics}"]}]
    own["rule_files"] = [str(ALERTS)]
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(own))
    argv = [
        found,
        f"--config.file={tmp_path}/prometheus.yml",
        f"--storage.tsdb.path={tmp_path}/data",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with serving(config, public), (tmp_path / "prometheus.log").open("wb") as log:
        for path in ("/pets", "/pets", "/nothing"):
            httpx2.get(f"http://127.0.0.1:{public}{path}")
        process = subprocess.Popen(argv, stdout=log, stderr=log)
        try:
            until_listening(port, process, tmp_path / "prometheus.log")
            with httpx2.Client(base_url=f"http://127.0.0.1:{port}/api/v1", timeout=BOUND_S) as client:
                yield client
        finally:
            stop(process)


def asked(client: httpx2.Client, query: str) -> list[Any]:
    query = query.replace('instance=~"$instance"', 'instance=~".*"').replace("$__rate_interval", "1m")
    answer = client.get("/query", params={"query": query}).json()
    assert answer["status"] == "success", (query, answer)
    result: list[Any] = answer["data"]["result"]
    return result


def test_a_real_prometheus_loads_the_rules_and_evaluates_each_query(prometheus: httpx2.Client) -> None:
    # Prometheus waits 5 s before it scrapes its first targets.
    give_up, pause = time.monotonic() + BOUND_S, threading.Event()
    calls = 'sum by (reason) (plugin_gateway_calls_total{operation=""})'
    while not asked(prometheus, calls) and time.monotonic() < give_up:
        pause.wait(0.1)
    assert {one["metric"].get("reason", "") for one in asked(prometheus, calls)} >= {"operation-not-found"}
    for query in (*dashboard_queries(), *(rule["expr"] for rule in alerts())):
        asked(prometheus, query)
    [revision] = asked(prometheus, dashboard_queries()[0])
    assert revision["value"][1] == "1"
    [group] = prometheus.get("/rules").json()["data"]["groups"]
    assert {(rule["name"], rule["health"]) for rule in group["rules"]} <= {
        (rule["alert"], health) for rule in alerts() for health in ("ok", "unknown")
    }
