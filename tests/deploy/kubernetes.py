"""What every pod with the gateway must have, however its manifest was made."""

from __future__ import annotations

from typing import Any

import pytest

from plugin_gateway.cli.serve import command

OLDEST, NEWEST = "1.29", "1.37"
CUSTOM = {"PodMonitor", "HTTPRoute"}
"""Kinds whose schemas do not come with Kubernetes."""


def validate(resource: dict[str, Any]) -> None:
    kubernetes_validate = pytest.importorskip("kubernetes_validate", reason="Kubernetes' schemas come with it")
    if resource["kind"] not in CUSTOM:
        for version in (OLDEST, NEWEST):
            kubernetes_validate.validate(resource, version, strict=True)


def check_pod(pod: dict[str, Any], container: dict[str, Any]) -> None:
    """Check a pod and its container of the gateway."""
    options = {name for parameter in command.params for name in parameter.opts}
    assert container["args"][0] == "serve"
    assert {argument.partition("=")[0] for argument in container["args"][1:]} <= options
    assert pod["automountServiceAccountToken"] is False
    context = {**pod.get("securityContext", {}), **container["securityContext"]}
    assert context["runAsNonRoot"] is True
    assert context["allowPrivilegeEscalation"] is False
    assert context["readOnlyRootFilesystem"] is True
    assert context["capabilities"] == {"drop": ["ALL"]}
    assert context["seccompProfile"] == {"type": "RuntimeDefault"}
    assert set(container["resources"]) == {"requests", "limits"}
    assert container["startupProbe"]["exec"]["command"] == ["plugin-gateway", "health", "--alive"]
    assert container["livenessProbe"]["exec"]["command"] == ["plugin-gateway", "health", "--alive"]
    assert container["readinessProbe"]["exec"]["command"] == ["plugin-gateway", "health"]
    assert all("subPath" not in mount and mount["readOnly"] for mount in container["volumeMounts"])
    assert {mount["name"] for mount in container["volumeMounts"]} <= {volume["name"] for volume in pod["volumes"]}


def drain_s(container: dict[str, Any]) -> int:
    """Return how long a container takes to stop at most: the delay and the time for calls in flight."""
    given = dict(argument.split("=") for argument in container["args"][1:])
    return sum(int(given.get(name, "0s").removesuffix("s")) for name in ("--drain-delay", "--drain-timeout"))
