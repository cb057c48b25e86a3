"""The kustomize base and the sidecar component build valid, restricted pods that lose no call when they stop."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from plugin_gateway.config.load import load
from tests.bounds import BOUND_S
from tests.deploy.kubernetes import check_pod, drain_s, validate
from tests.deploy.proxies import DEPLOY

if TYPE_CHECKING:
    from pathlib import Path

KUSTOMIZE = DEPLOY / "kustomize"
EXAMPLES = ["standalone", "sidecar"]


def built(name: str) -> dict[str, Any]:
    if kubectl := shutil.which("kubectl"):
        command = [kubectl, "kustomize", str(KUSTOMIZE / "examples" / name)]
    elif kustomize := shutil.which("kustomize"):
        command = [kustomize, "build", str(KUSTOMIZE / "examples" / name)]
    else:
        pytest.skip("neither kubectl nor kustomize is installed")
    result = subprocess.run(command, capture_output=True, text=True, timeout=BOUND_S, check=False)
    if "unknown field" in result.stderr or "invalid Kustomization" in result.stderr:
        pytest.skip("this kustomize is older than 5.0, which Kubernetes 1.27 brought")
    assert (result.returncode, result.stderr) == (0, "")
    return {resource["kind"]: resource for resource in yaml.safe_load_all(result.stdout)}


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_resource_is_valid_by_the_schema_of_the_release(name: str) -> None:
    for resource in built(name).values():
        validate(resource)


def test_the_base_brings_all_that_a_separate_deployment_needs() -> None:
    resources = built("standalone")
    pod = resources["Deployment"]["spec"]["template"]["spec"]
    [container] = pod["containers"]

    assert {*resources} == {
        "ConfigMap", "Deployment", "HorizontalPodAutoscaler", "NetworkPolicy", "PodDisruptionBudget", "PodMonitor", "Service",
    }  # fmt: skip
    check_pod(pod, container)
    assert pod["terminationGracePeriodSeconds"] > drain_s(container)
    assert [one["topologyKey"] for one in pod["topologySpreadConstraints"]] == [
        "topology.kubernetes.io/zone",
        "kubernetes.io/hostname",
    ]
    assert resources["Deployment"]["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert "replicas" not in resources["Deployment"]["spec"], "the autoscaler sets them"


def test_every_selector_selects_the_pods() -> None:
    resources = built("standalone")
    labels = resources["Deployment"]["spec"]["template"]["metadata"]["labels"]

    for selector in (
        resources["Deployment"]["spec"]["selector"]["matchLabels"],
        resources["Service"]["spec"]["selector"],
        resources["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"],
        resources["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"],
        resources["PodMonitor"]["spec"]["selector"]["matchLabels"],
    ):
        assert selector
        assert selector.items() <= labels.items()


def test_a_changed_config_restarts_no_pod() -> None:
    resources = built("standalone")
    [volume] = [
        volume["configMap"]
        for volume in resources["Deployment"]["spec"]["template"]["spec"]["volumes"]
        if "configMap" in volume
    ]

    assert resources["ConfigMap"]["metadata"]["name"] == volume["name"] == "plugin-gateway"


def test_the_sidecar_starts_before_the_api_and_the_api_waits_before_it_stops() -> None:
    pod = built("sidecar")["Deployment"]["spec"]["template"]["spec"]
    [gateway] = pod["initContainers"]
    [api] = pod["containers"]

    check_pod(pod, gateway)
    assert gateway["restartPolicy"] == "Always"
    wait_s = int(api["lifecycle"]["preStop"]["exec"]["command"][1])
    assert pod["terminationGracePeriodSeconds"] > wait_s + drain_s(gateway)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_config_of_the_example_loads_and_names_the_mounted_secret(name: str, tmp_path: Path) -> None:
    resources = built(name)
    pod = resources["Deployment"]["spec"]["template"]["spec"]
    gateway = [*pod.get("initContainers", ()), *pod["containers"]][0]
    text = resources["ConfigMap"]["data"]["gateway.yaml"]
    (tmp_path / "key").write_text("key-of-the-test\n")
    (tmp_path / "gateway.yaml").write_text(text.replace("/run/secrets/upstream/key", str(tmp_path / "key")))

    assert load(tmp_path / "gateway.yaml", environ={}).config.allow
    assert {mount["mountPath"] for mount in gateway["volumeMounts"]} == {"/etc/plugin-gateway", "/run/secrets/upstream"}
