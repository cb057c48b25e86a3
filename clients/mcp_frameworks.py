"""`python -m clients.mcp_frameworks`: agent frameworks and MCP's Inspector as clients of the endpoint.

Each lists the tools, calls one, and must see that another call fails. The Inspector comes from npm with the Node that it needs.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING, Any

from clients.__main__ import VENVS, make_venv
from clients.catalogue import Client
from clients.conformance import running_gateway
from clients.programs import SCRIPT_BOUND_S, SCRIPTS, node_in, npm_install, run_script, without_proxy
from clients.suite_api import OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FRAMEWORKS = (
    Client("langchain-mcp-adapters", "mcp_langchain_client", ("langchain-mcp-adapters==0.3.*",), "mcp-langchain"),
    Client("openai-agents", "mcp_openai_agents_client", ("openai-agents==0.24.*",), "mcp-openai-agents"),
)
INSPECTOR = "Inspector"
PACKAGES = ("node@22", "@modelcontextprotocol/inspector@2.12.0")
FOLDER = VENVS / "inspector"
CALLS: dict[str, dict[str, Any]] = {"test_custom_header": {"region": "eu"}, "test_error_handling": {}}
EXPECTED = {
    "test_custom_header": ('{"region":"eu"}', False),
    "test_error_handling": (
        "The API answered 500 Internal Server Error.\nThis tool intentionally returns an error for testing",
        True,
    ),
}
"""By tool, the text that a model reads, and whether the call fails."""
_TOOL_FAILED = 5
"""The exit status of the Inspector for a result with `isError`."""


def main() -> int:
    """Print a row for each client. Return 1 if one cannot be installed or does not get what the API answers."""
    parser = argparse.ArgumentParser(prog="python -m clients.mcp_frameworks", description=__doc__)
    parser.add_argument("--install-only", action="store_true", help="only install the clients")
    arguments = parser.parse_args()
    pythons = {framework: make_venv((VENVS / framework.venv).absolute(), framework) for framework in FRAMEWORKS}
    inspector = installed_inspector(install=True)
    if inspector is None:
        return 1
    if arguments.install_only:
        return 0
    with running_gateway() as gateway:
        url = gateway.url + "/mcp"
        faults = {framework.name: faults_of(framework, python, url) for framework, python in pythons.items()}
        faults[INSPECTOR] = faults_of_inspector(inspector, url)
    for name, found in faults.items():
        print(f"{name}: {'; '.join(found) or 'all results arrived'}")
    return 1 if any(faults.values()) else 0


def faults_of(framework: Client, python: Path, url: str) -> list[str]:
    """Let a framework list and call the tools of a server. Return what it did not get."""
    command = [str(python), str(SCRIPTS / f"{framework.script}.py"), url, json.dumps(CALLS)]
    printed, fault = run_script(command)
    if fault:
        return [fault]
    shown = json.loads(printed.splitlines()[-1])
    seen = {name: (call["text"], call["isError"]) for name, call in shown["calls"].items()}
    return _missing(shown["tools"], seen)


def installed_inspector(folder: Path = FOLDER, *, install: bool = False) -> list[str] | None:
    """Return the command of the Inspector; None if it is not installed."""
    node = node_in(folder)
    program = (
        folder / "node_modules" / "@modelcontextprotocol" / "inspector" / "clients" / "launcher" / "build" / "index.js"
    )
    if install and not (node.exists() and program.exists()) and (fault := npm_install(folder, PACKAGES)):
        print(fault, file=sys.stderr)
    return [str(node), str(program)] if node.exists() and program.exists() else None


def faults_of_inspector(inspector: list[str], url: str) -> list[str]:
    """Let the Inspector list and call the tools of a server. Return what it did not get."""
    # Strict: it exits with an error if a client could not use the schema of a tool.
    status, listed = _inspect(inspector, url, "tools/list", "--strict")
    if status:
        return [listed]
    seen = {}
    for name, arguments in CALLS.items():
        pairs = [f"{key}={value}" for key, value in arguments.items()]
        given = ["--tool-arg", *pairs] if pairs else []
        status, printed = _inspect(inspector, url, "tools/call", "--tool-name", name, *given)
        if status not in {0, _TOOL_FAILED}:
            return [f"{name}: {printed}"]
        result = json.loads(printed)
        seen[name] = (result["content"][0]["text"], result["isError"] and status == _TOOL_FAILED)
    return _missing((tool["name"] for tool in json.loads(listed)["tools"]), seen)


def _inspect(inspector: list[str], url: str, method: str, *more: str) -> tuple[int, str]:
    """Return the Inspector's exit status and what it printed; if that is nothing, the end of its complaint."""
    with tempfile.TemporaryDirectory() as home:  # it writes a catalogue of servers there
        done = subprocess.run(
            [*inspector, "--cli", url, "--transport", "http", "--method", method, *more],
            capture_output=True,
            text=True,
            check=False,
            timeout=SCRIPT_BOUND_S,
            env=without_proxy() | {"HOME": home},
        )
    return done.returncode, done.stdout or done.stderr[-300:]


def _missing(tools: Iterable[str], seen: dict[str, tuple[str, bool]]) -> list[str]:
    names, wanted = {*tools}, {operation["operationId"] for _, operation in OPERATIONS.values()}
    faults = [] if names == wanted else [f"listed {sorted(names)}"]
    faults += [f"{name}: {seen[name]}" for name, expected in EXPECTED.items() if seen[name] != expected]
    return faults


if __name__ == "__main__":
    sys.exit(main())
