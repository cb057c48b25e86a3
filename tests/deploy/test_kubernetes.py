"""The Kubernetes manifest is valid, restricted, and its parts fit each other."""

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from plugin_gateway.cli.health import DEFAULT_ADMIN
from plugin_gateway.config.load import load
from tests.narrow import present

MANIFEST = Path(__file__).parents[2] / "deploy" / "kubernetes.yaml"
RESOURCES = {resource["kind"]: resource for resource in yaml.safe_load_all(MANIFEST.read_text())}
POD = RESOURCES["Deployment"]["spec"]["template"]["spec"]
GATEWAY = POD["initContainers"][0]
OLDEST, NEWEST = "1.29", "1.37"


def validate(resource: dict[str, Any], version: str = NEWEST) -> None:
    kubernetes_validate = pytest.importorskip("kubernetes_validate", reason="Kubernetes' schemas come with it")
    kubernetes_validate.validate(resource, version, strict=True)


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
@pytest.mark.parametrize("kind", RESOURCES)
def test_every_resource_is_valid_by_the_schema_of_the_release(kind: str, version: str) -> None:
    validate(RESOURCES[kind], version)


def test_the_oldest_release_checked_is_the_one_promised() -> None:
    assert f"Kubernetes {OLDEST} and later" in MANIFEST.read_text()


def test_the_schema_would_find_a_slip() -> None:
    slipped = copy.deepcopy(RESOURCES["Deployment"])
    slipped["spec"]["template"]["spec"]["initContainers"][0]["restartPolicies"] = "Always"

    with pytest.raises(Exception, match="restartPolicies"):
        validate(slipped)


def test_the_gateway_is_a_native_sidecar_with_all_three_probes() -> None:
    assert GATEWAY["restartPolicy"] == "Always"
    assert {"startupProbe", "readinessProbe", "livenessProbe"} <= set(GATEWAY)


@pytest.mark.parametrize("probe", ["startupProbe", "livenessProbe"])
def test_a_gateway_that_is_only_not_ready_lets_the_api_start_and_is_not_restarted(probe: str) -> None:
    assert GATEWAY[probe]["exec"]["command"] == ["plugin-gateway", "health", "--alive"]


@pytest.mark.parametrize("container", [*POD["initContainers"], *POD["containers"]], ids=lambda value: value["name"])
def test_every_container_meets_the_restricted_pod_security_standard(container: dict[str, Any]) -> None:
    context = {**POD["securityContext"], **container["securityContext"]}

    assert context["runAsNonRoot"] is True
    assert context["runAsUser"] > 0
    assert context["allowPrivilegeEscalation"] is False
    assert context["readOnlyRootFilesystem"] is True
    assert context["capabilities"] == {"drop": ["ALL"]}
    assert context["seccompProfile"] == {"type": "RuntimeDefault"}
    assert set(container["resources"]) == {"requests", "limits"}


def test_the_pod_gets_no_token_for_the_cluster() -> None:
    assert POD["automountServiceAccountToken"] is False


def test_config_and_secrets_are_mounted_as_directories_so_that_updates_arrive() -> None:
    mounts = GATEWAY["volumeMounts"]

    assert {mount["name"] for mount in mounts} == {volume["name"] for volume in POD["volumes"]}
    assert all("subPath" not in mount and mount["readOnly"] for mount in mounts)
    assert "env" not in GATEWAY


def test_labels_select_the_pods() -> None:
    labels = RESOURCES["Deployment"]["spec"]["template"]["metadata"]["labels"]

    for selector in (
        RESOURCES["Deployment"]["spec"]["selector"]["matchLabels"],
        RESOURCES["Service"]["spec"]["selector"],
        RESOURCES["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"],
    ):
        assert selector.items() <= labels.items()


def test_the_config_loads_and_its_addresses_are_those_of_the_manifest(tmp_path: Path) -> None:
    text = RESOURCES["ConfigMap"]["data"]["gateway.yaml"]
    key = tmp_path / "key"
    key.write_text("key-of-the-test\n")
    path = tmp_path / "gateway.yaml"
    path.write_text(text.replace("/run/secrets/upstream/key", str(key)))

    config = load(path, environ={}).config

    port = config.listen.port
    assert GATEWAY["ports"][0]["containerPort"] == port
    assert RESOURCES["Service"]["spec"]["ports"][0]["targetPort"] == port
    assert RESOURCES["NetworkPolicy"]["spec"]["ingress"][0]["ports"][0]["port"] == port
    assert present(config.admin).host == "127.0.0.1"
    assert str(config.admin) == DEFAULT_ADMIN, "where `plugin-gateway health` asks"


def test_the_config_names_files_that_are_mounted() -> None:
    text = RESOURCES["ConfigMap"]["data"]["gateway.yaml"]
    mounts = {mount["name"]: mount["mountPath"] for mount in GATEWAY["volumeMounts"]}

    assert f"{mounts['upstream-key']}/key" in text
    assert "openapi: openapi.yaml" in text, "the projected volume puts both ConfigMaps into one directory"
