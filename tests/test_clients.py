"""Real clients, as far as they install in seconds: one call through a running gateway, by the document that it serves.

`make clients` tries the others, too.
"""

from __future__ import annotations

import json
import subprocess
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

from clients.__main__ import VENVS, fault_of_call, missing_in, running_gateway
from clients.catalogue import CLIENTS, Client
from clients.logins import FOLDER, WAYS, Way, is_installed, log_in_and_call, running
from clients.programs import SCRIPTS
from tests.bounds import BOUND_S

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LIGHT = [client for client in CLIENTS if client.venv in {"haystack", "generated"}]


@pytest.fixture(scope="module")
def gateway_url() -> Iterator[str]:
    with running_gateway() as url:
        yield url


@pytest.mark.parametrize("document", ["/openapi.json", "/openapi.json?profile=3.0"])
@pytest.mark.parametrize("client", LIGHT, ids=lambda client: client.venv)
def test_each_argument_of_a_call_by_a_real_client_arrives(client: Client, document: str, gateway_url: str) -> None:
    assert fault_of_call(client, _python(client), gateway_url + document) == ""


@pytest.mark.parametrize("client", LIGHT, ids=lambda client: client.venv)
def test_a_client_makes_a_tool_of_each_served_operation(client: Client, gateway_url: str, tmp_path: Path) -> None:
    path = tmp_path / "openapi.json"
    with urllib.request.urlopen(gateway_url + "/openapi.json", timeout=BOUND_S) as answer:
        path.write_bytes(answer.read())
    command = [str(_python(client)), str(SCRIPTS / f"{client.script}.py"), "load"]
    done = subprocess.run(command, input=f"{path}\n", capture_output=True, text=True, check=True, timeout=BOUND_S)
    assert len(json.loads(done.stdout)["tools"]) == 2


@pytest.fixture(scope="module")
def provider_and_gateway() -> Iterator[Any]:
    if not is_installed(FOLDER):
        pytest.skip("the OpenID provider is not installed: .venv/bin/python -m clients.logins --install-only")
    with running(FOLDER) as urls:
        yield urls


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_a_client_that_knows_only_the_url_of_the_endpoint_logs_in_and_calls(
    way: Way, provider_and_gateway: Any
) -> None:
    issuer, base = provider_and_gateway
    assert log_in_and_call(way, issuer, base) > 0


def test_an_argument_that_does_not_arrive_is_reported() -> None:
    assert missing_in(
        {"shelf": "s1", "notify": None, "reason": "a gift", "keyed": True, "body": {"title": "Emma"}}
    ) == ("notify: None, pages: None")


def _python(client: Client) -> Path:
    python = VENVS / client.venv / "bin" / "python"
    if not python.exists():
        pytest.skip(f"{client.name} is not installed: make clients CLIENTS='--install-only --only {client.venv}'")
    return python
