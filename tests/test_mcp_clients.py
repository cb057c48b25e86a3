"""Judges of the MCP endpoint: the official SDKs, agent frameworks, the Inspector and the conformance suite, where installed.

`make clients` installs and runs them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clients.__main__ import VENVS
from clients.conformance import SCENARIOS, installed, is_failure, run, running_gateway
from clients.mcp_frameworks import FRAMEWORKS, faults_of_inspector, installed_inspector
from clients.mcp_frameworks import faults_of as faults_of_framework
from clients.mcp_sdks import SDKS, faults_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clients.catalogue import Client
    from clients.conformance import Gateway


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    with running_gateway() as running:
        yield running


@pytest.mark.parametrize("transport", ["http", "stdio"])
@pytest.mark.parametrize("sdk", SDKS, ids=lambda sdk: sdk.venv)
def test_each_result_arrives_at_a_client_of_the_official_sdk(sdk: Client, transport: str, gateway: Gateway) -> None:
    python = VENVS / sdk.venv / "bin" / "python"
    if not python.exists():
        pytest.skip(f"{sdk.name} is not installed: python -m clients.mcp_sdks --install-only")

    assert faults_of(python, [gateway.url + "/mcp"] if transport == "http" else gateway.stdio) == []


@pytest.mark.parametrize("framework", FRAMEWORKS, ids=lambda framework: framework.venv)
def test_an_agent_framework_lists_the_tools_and_sees_results_and_errors(framework: Client, gateway: Gateway) -> None:
    python = VENVS / framework.venv / "bin" / "python"
    if not python.exists():
        pytest.skip(f"{framework.name} is not installed: python -m clients.mcp_frameworks --install-only")

    assert faults_of_framework(framework, python, gateway.url + "/mcp") == []


def test_the_inspector_accepts_every_schema_and_sees_results_and_errors(gateway: Gateway) -> None:
    inspector = installed_inspector()
    if inspector is None:
        pytest.skip("the Inspector is not installed: python -m clients.mcp_frameworks --install-only")

    assert faults_of_inspector(inspector, gateway.url + "/mcp") == []


@pytest.mark.parametrize(("revision", "scenario"), [(one, name) for one, names in SCENARIOS.items() for name in names])
def test_a_scenario_of_the_conformance_suite_passes(revision: str, scenario: str, gateway: Gateway) -> None:
    suite = installed()
    if suite is None:
        pytest.skip("the conformance suite is not installed: python -m clients.conformance --install-only")
    checks = run(suite, scenario, revision, gateway.url)

    assert [check for check in checks if is_failure(check)] == []
    assert any(check.status == "SUCCESS" for check in checks) or scenario == "server-sse-multiple-streams"
