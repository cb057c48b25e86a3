"""`python -m clients.conformance`: run the scenarios of MCP's conformance suite that a server of tools can pass, in both eras.

The suite needs Node 22 and comes from npm; both are installed into a folder on the first run. The gateway stands in front of
`clients.suite_api`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from clients.__main__ import VENVS
from clients.programs import free_port, node_in, npm_install, start, without_proxy
from clients.suite_api import DOCUMENT, OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGES = ("node@22", "@modelcontextprotocol/conformance@0.2.0-alpha.12")
FOLDER = VENVS / "conformance"
_BOTH = (
    "tools-list",
    "tools-call-simple-text",
    "tools-call-image",
    "tools-call-audio",
    "tools-call-embedded-resource",
    "tools-call-error",
    "tools-call-with-progress",
    "json-schema-2020-12",
    "dns-rebinding-protection",
    "server-sse-multiple-streams",
    "resources-list",
    "prompts-list",
)
SCENARIOS = {
    "2026-07-28": (
        *_BOTH,
        "caching",
        "sep-2164-resource-not-found",
        "http-header-validation",
        "http-custom-header-server-validation",
        "input-required-result-missing-input-response",
        "input-required-result-unsupported-methods",
        "input-required-result-ignore-extra-params",
        "input-required-result-validate-input",
        "server-stateless",
    ),
    "2025-11-25": (*_BOTH, "server-initialize", "ping", "logging-set-level"),
}
NEED_OTHER_TOOLS = {
    "sep-2575-server-rejects-undeclared-capability": "a tool that needs sampling",
    "sep-2575-missing-capability-http-400": "a tool that needs sampling",
    "sep-2575-http-server-no-independent-requests-on-stream": "a tool that asks the user",
    "sep-2322-missing-response-rerequests": "a tool that asks the user",
    "sep-2322-ignore-unexpected-params": "a tool that asks the user",
}
"""Checks that a server of an API's operations cannot pass, because they call a tool that asks the client for something."""
_CONFIG = """\
openapi: ./document.json
upstream: {url: "http://127.0.0.1:%d"}
public: {extensions: [x-mcp-header]}
allow: %s
"""
_SCENARIO_BOUND_S = 60


class Gateway(NamedTuple):
    """A running gateway: its URL, and the arguments with which a client starts another one on stdio."""

    url: str
    stdio: list[str]


class Check(NamedTuple):
    """One check of a scenario: SUCCESS, WARNING, FAILURE, SKIPPED or INFO."""

    scenario: str
    id: str
    status: str
    message: str


def main() -> int:
    """Print one line for each scenario. Return 1 if a check failed that a server of tools can pass."""
    parser = argparse.ArgumentParser(prog="python -m clients.conformance", description=__doc__)
    parser.add_argument("--only", default="", help="parts of names of scenarios, separated by commas")
    parser.add_argument("--front", default="connection", choices=["connection", "asgi"])
    parser.add_argument("--install-only", action="store_true", help="only install the suite")
    arguments = parser.parse_args()
    suite = installed(install=True)
    if suite is None:
        return 1
    if arguments.install_only:
        return 0
    parts = [part for part in arguments.only.split(",") if part]
    failed = 0
    with running_gateway(arguments.front) as gateway:
        for revision, scenarios in SCENARIOS.items():
            for scenario in scenarios:
                if parts and not any(part in scenario for part in parts):
                    continue
                checks = run(suite, scenario, revision, gateway.url)
                bad = [check for check in checks if is_failure(check)]
                failed += len(bad)
                good = sum(check.status == "SUCCESS" for check in checks)
                print(
                    f"{revision} {scenario}: {good} of {len(checks)} checks" + (", FAILED" if bad else ""), flush=True
                )
                for check in checks:
                    if check.status in {"FAILURE", "WARNING"}:
                        why = NEED_OTHER_TOOLS.get(check.id, check.message)
                        print(f"    {check.status} {check.id}: {why}")
    return 1 if failed else 0


def is_failure(check: Check) -> bool:
    return check.status == "FAILURE" and check.id not in NEED_OTHER_TOOLS


def installed(folder: Path = FOLDER, *, install: bool = False) -> list[str] | None:
    """Return the command of the suite; None if it is not installed."""
    node = node_in(folder)
    suite = folder / "node_modules" / "@modelcontextprotocol" / "conformance" / "dist" / "index.js"
    if install and not (node.exists() and suite.exists()) and (fault := npm_install(folder, PACKAGES)):
        print(fault, file=sys.stderr)
    return [str(node), str(suite)] if node.exists() and suite.exists() else None


def run(suite: list[str], scenario: str, revision: str, url: str) -> list[Check]:
    """Run one scenario; return its checks."""
    with tempfile.TemporaryDirectory() as folder:
        asked = ["server", "--url", url + "/mcp", "--scenario", scenario, "--spec-version", revision, "-o", folder]
        done = subprocess.run(
            [*suite, *asked],
            capture_output=True,
            text=True,
            check=False,
            timeout=_SCENARIO_BOUND_S,
            env=without_proxy(),
        )
        found = [
            Check(scenario, check["id"], check["status"], check.get("errorMessage") or "")
            for path in sorted(Path(folder).rglob("checks.json"))
            for check in json.loads(path.read_text())
        ]
    return found or [Check(scenario, "none", "FAILURE", (done.stdout + done.stderr)[-300:])]


@contextmanager
def running_gateway(front: str = "connection") -> Iterator[Gateway]:
    """Run the suite's API and a gateway in front of it."""
    api, port, admin = (free_port() for _ in range(3))
    with tempfile.TemporaryDirectory() as folder, ExitStack() as programs:
        Path(folder, "document.json").write_text(json.dumps(DOCUMENT))
        config = Path(folder, "gateway.yaml")
        operations = [operation["operationId"] for _, operation in OPERATIONS.values()]
        config.write_text(_CONFIG % (api, json.dumps(operations)))
        start(programs, api, "clients.suite_api", str(api))
        addresses = ("--listen", f"127.0.0.1:{port}", "--admin", f"127.0.0.1:{admin}")
        start(programs, port, "plugin_gateway", "serve", "--config", str(config), "--front", front, *addresses)
        stdio = ["--", sys.executable, "-m", "plugin_gateway", "mcp", "--config", str(config)]
        yield Gateway(f"http://127.0.0.1:{port}", stdio)


if __name__ == "__main__":
    sys.exit(main())
