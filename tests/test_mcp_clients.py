"""Judges of the MCP endpoint: both lines of the official SDK, and the conformance suite, as far as they are installed.

`make clients` installs and runs them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clients.__main__ import VENVS
from clients.conformance import SCENARIOS, installed, is_failure, run, running_gateway
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


@pytest.mark.parametrize(("revision", "scenario"), [(one, name) for one, names in SCENARIOS.items() for name in names])
def test_a_scenario_of_the_conformance_suite_passes(revision: str, scenario: str, gateway: Gateway) -> None:
    suite = installed()
    if suite is None:
        pytest.skip("the conformance suite is not installed: python -m clients.conformance --install-only")
    checks = run(suite, scenario, revision, gateway.url)

    assert [check for check in checks if is_failure(check)] == []
    assert any(check.status == "SUCCESS" for check in checks) or scenario == "server-sse-multiple-streams"
