"""The Helm chart, rendered by Helm's own code: valid, restricted, and with the routes of a gateway on the API's own domain."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from plugin_gateway import __version__
from tests.deploy.kubernetes import check_pod, drain_s, validate
from tests.deploy.proxies import DEPLOY

if TYPE_CHECKING:
    from pathlib import Path

CHART = DEPLOY / "helm" / "plugin-gateway"
CONFIG = (DEPLOY / "kustomize" / "examples" / "standalone" / "gateway.yaml").read_text()
PLAIN = {"config": CONFIG}
EVERYTHING: dict[str, Any] = {
    **PLAIN,
    "files": {"openapi.yaml": "openapi: 3.1.0\ninfo: {title: Orders}\n"},
    "secretFiles": [{"secret": "orders-key", "path": "/run/secrets/upstream"}],
    "env": [{"name": "TZ", "value": "UTC"}],
    "image": {"digest": "sha256:" + "0" * 64},
    "ingress": {
        "enabled": True,
        "className": "nginx",
        "host": "api.example.com",
        "path": "/plugin",
        "tlsSecret": "tls",
    },
    "httpRoute": {"enabled": True, "host": "api.example.com", "path": "/plugin", "parentRefs": [{"name": "public"}]},
    "podMonitor": {"enabled": True, "labels": {"release": "prometheus"}},
    "networkPolicy": {"from": [{"podSelector": {}}], "metricsFrom": [{"namespaceSelector": {}}]},
    "podLabels": {"team": "orders"},
    "podAnnotations": {"note": "x"},
    "imagePullSecrets": [{"name": "registry"}],
    "nodeSelector": {"disk": "ssd"},
    "tolerations": [{"operator": "Exists"}],
    "affinity": {"nodeAffinity": {}},
    "service": {"annotations": {"note": "x"}},
}


def helm() -> Any:
    return pytest.importorskip("helm_python", reason="Helm's code is in it: pip install helm-python-sdk")


def rendered(values: dict[str, Any], chart: Path = CHART) -> dict[str, Any]:
    with helm().Chart.load(str(chart)) as loaded:
        texts = loaded.render(values, name="orders", namespace="shop")
    resources = [yaml.safe_load(text) for path, text in texts.items() if path.endswith(".yaml") and text.strip()]
    return {resource["kind"]: resource for resource in resources}


def test_the_chart_has_the_version_of_the_package() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())

    assert (chart["version"], chart["appVersion"]) == (__version__, __version__)


def test_the_linter_has_nothing_to_say() -> None:
    report = helm().lint(str(CHART), values=PLAIN, strict=True)

    assert [message for message in report["messages"] if message["severity"] > 1] == []


@pytest.mark.parametrize("values", [PLAIN, EVERYTHING, {**PLAIN, "autoscaling": {"enabled": False}}])
def test_every_resource_is_valid_by_the_schema_of_the_release(values: dict[str, Any]) -> None:
    for resource in rendered(values).values():
        validate(resource)


def test_by_default_the_chart_brings_only_built_in_kinds() -> None:
    assert {*rendered(PLAIN)} == {
        "ConfigMap", "Deployment", "HorizontalPodAutoscaler", "NetworkPolicy", "PodDisruptionBudget", "Service",
    }  # fmt: skip
    assert {*rendered(EVERYTHING)} - {*rendered(PLAIN)} == {"HTTPRoute", "Ingress", "PodMonitor"}


@pytest.mark.parametrize("values", [PLAIN, EVERYTHING])
def test_the_pod_is_restricted_and_has_time_to_drain(values: dict[str, Any]) -> None:
    pod = rendered(values)["Deployment"]["spec"]["template"]["spec"]
    [container] = pod["containers"]

    check_pod(pod, container)
    assert pod["terminationGracePeriodSeconds"] > drain_s(container) >= 50
    assert {port["containerPort"] for port in container["ports"]} == {8080, 8082}


def test_files_and_secrets_are_where_the_config_looks_for_them() -> None:
    resources = rendered(EVERYTHING)
    pod = resources["Deployment"]["spec"]["template"]["spec"]

    assert resources["ConfigMap"]["data"] == {"gateway.yaml": CONFIG, **EVERYTHING["files"]}
    assert "/run/secrets/upstream" in {mount["mountPath"] for mount in pod["containers"][0]["volumeMounts"]}
    assert pod["volumes"][1]["secret"] == {"secretName": "orders-key", "defaultMode": 0o440}
    assert pod["containers"][0]["image"].endswith("plugin-gateway@sha256:" + "0" * 64)


@pytest.mark.parametrize(("path", "prefix"), [("/", "/"), ("/plugin", "/plugin/"), ("/plugin/", "/plugin/")])
def test_below_a_path_the_chart_renders_the_routes_of_the_examples(path: str, prefix: str) -> None:
    host = {"enabled": True, "host": "api.example.com", "path": path}
    resources = rendered({**EVERYTHING, "ingress": host, "httpRoute": {**host, "parentRefs": [{"name": "public"}]}})
    [rule] = resources["Ingress"]["spec"]["rules"]
    by_ingress = {(one["path"], one["pathType"]) for one in rule["http"]["paths"]}
    by_route = {
        (match["path"]["value"], match["path"]["type"].removeprefix("Path"))
        for rule in resources["HTTPRoute"]["spec"]["rules"]
        for match in rule["matches"]
    }

    assert by_ingress == by_route
    if path == "/":
        assert by_ingress == {(prefix, "Prefix")}
        return
    example = yaml.safe_load((DEPLOY / "examples" / "own-domain" / "ingress.yaml").read_text())
    [rule] = example["spec"]["rules"]
    assert by_ingress == {
        (one["path"], one["pathType"])
        for one in rule["http"]["paths"]
        if one["backend"]["service"]["name"] == "plugin-gateway"
    }


def test_an_api_takes_the_sidecar_from_the_chart(tmp_path: Path) -> None:
    api = tmp_path / "api"
    (api / "templates").mkdir(parents=True)
    shutil.copytree(CHART, api / "charts" / "plugin-gateway")
    (api / "Chart.yaml").write_text(
        "apiVersion: v2\nname: api\nversion: 1.0.0\ndependencies: [{name: plugin-gateway, version: 0.1.0}]\n"
    )
    (api / "templates" / "deployment.yaml").write_text(
        """
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-desk}
spec:
  selector: {matchLabels: {app: order-desk}}
  template:
    metadata: {labels: {app: order-desk}}
    spec:
      automountServiceAccountToken: false
      containers: [{name: api, image: "registry.example.com/order-desk:2.14.3"}]
      initContainers:
        {{- include "plugin-gateway.sidecar" (index .Subcharts "plugin-gateway") | nindent 8 }}
      volumes:
        {{- include "plugin-gateway.volumes" (index .Subcharts "plugin-gateway") | nindent 8 }}
"""
    )
    with helm().Chart.load(str(api)) as chart:
        values = {**PLAIN, "secretFiles": EVERYTHING["secretFiles"], "standalone": False}
        texts = chart.render({"plugin-gateway": values}, name="orders", namespace="shop")
    made = {one["kind"]: one for text in texts.values() if (one := yaml.safe_load(text)) and isinstance(one, dict)}
    pod = made["Deployment"]["spec"]["template"]["spec"]
    [gateway] = pod["initContainers"]

    assert {*made} == {"ConfigMap", "Deployment"}
    validate(made["Deployment"])
    check_pod(pod, gateway)
    assert gateway["restartPolicy"] == "Always"
    assert pod["volumes"][1]["secret"]["defaultMode"] == 0o444, "the pod has no fsGroup"
    assert made["ConfigMap"]["metadata"]["name"] == pod["volumes"][0]["configMap"]["name"]
    # The comments of values.yaml tell the same two lines.
    said = (CHART / "values.yaml").read_text()
    assert all(
        line.strip() in said
        for line in (api / "templates" / "deployment.yaml").read_text().splitlines()
        if "include" in line
    )


@pytest.mark.parametrize(
    "values",
    [
        {},
        {**PLAIN, "replica": 3},
        {**PLAIN, "drain": {"delay": "soon"}},
        {**PLAIN, "httpRoute": {"enabled": True}},
        {**PLAIN, "image": {"digest": "latest"}},
    ],
)
def test_a_slip_in_the_values_renders_nothing(values: dict[str, Any]) -> None:
    with pytest.raises(helm().HelmError):
        rendered(values)


def test_the_schema_of_the_values_knows_every_value() -> None:
    def names(value: Any, schema: dict[str, Any], at: str = "") -> set[str]:
        known = schema.get("properties")
        if known is None or not isinstance(value, dict):
            return set()
        unknown = {f"{at}{name}" for name in value if name not in known}
        return unknown.union(*(names(value[name], known[name], f"{at}{name}.") for name in value if name in known))

    schema = json.loads((CHART / "values.schema.json").read_text())
    assert names(yaml.safe_load((CHART / "values.yaml").read_text()), schema) == set()
