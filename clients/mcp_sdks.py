"""`python -m clients.mcp_sdks`: both lines of MCP's official SDK as clients of the endpoint and of `plugin-gateway mcp`."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

from clients.__main__ import VENVS, make_venv
from clients.catalogue import Client
from clients.conformance import running_gateway
from clients.programs import SCRIPTS, run_script
from clients.suite_api import OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SDKS = (
    Client("MCP SDK 1", "mcp_sdk_client", ("mcp==1.*",), "mcp1"),
    Client("MCP SDK 2", "mcp_sdk_client", ("mcp==2.*",), "mcp2"),
)
EXPECTED = {
    "test_simple_text": ("text", False),
    "test_image_content": ("image", False),
    "test_audio_content": ("audio", False),
    "test_embedded_resource": ("resource", False),
    "test_error_handling": ("text", True),
    "test_custom_header": ("text", False),
    "json_schema_2020_12_tool": ("text", False),
}
"""By tool, the type of the first content, and whether the call fails."""


def main() -> int:
    """Print a row for each SDK. Return 1 if one does not get what the API answers."""
    parser = argparse.ArgumentParser(prog="python -m clients.mcp_sdks", description=__doc__)
    parser.add_argument("--install-only", action="store_true", help="only make the virtual environments")
    arguments = parser.parse_args()
    pythons = {sdk: make_venv((VENVS / sdk.venv).absolute(), sdk) for sdk in SDKS}
    if arguments.install_only:
        return 0
    failed = 0
    with running_gateway() as gateway:
        for sdk, python in pythons.items():
            for name, target in (("HTTP", [gateway.url + "/mcp"]), ("stdio", gateway.stdio)):
                faults = faults_of(python, target)
                failed += bool(faults)
                print(f"{sdk.name} over {name}: {'; '.join(faults) or 'all results arrived'}", flush=True)
    return 1 if failed else 0


def faults_of(python: Path, target: Sequence[str]) -> list[str]:
    """Let an SDK list and call the tools of a server. Return what it did not get."""
    command = [str(python), str(SCRIPTS / "mcp_sdk_client.py"), *target]
    printed, fault = run_script(command)
    if fault:
        return [fault]
    return list(_missing(json.loads(printed.splitlines()[-1])))


def _missing(shown: dict[str, Any]) -> list[str]:
    faults = []
    wanted = {operation["operationId"] for _, operation in OPERATIONS.values()}
    if set(shown["tools"]) != wanted:
        faults.append(f"listed {sorted(shown['tools'])}")
    for name, (kind, is_error) in EXPECTED.items():
        result = shown["calls"].get(name, {})
        content = result.get("content") or [{}]
        if (content[0].get("type"), result.get("isError")) != (kind, is_error):
            faults.append(f"{name}: {json.dumps(result)[:200]}")
    return faults


if __name__ == "__main__":
    sys.exit(main())
