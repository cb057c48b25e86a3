"""docs/claude.md: the page does what it says, up to the point where Claude starts."""

import asyncio
import json
import subprocess
from pathlib import Path

from tests.bounds import BOUND_S
from tests.docs.page import blocks, environment, page, play

PAGE = page("claude.md")


def test_each_command_of_the_page_prints_what_the_page_says(tmp_path: Path) -> None:
    assert asyncio.run(play(PAGE, tmp_path)) == 5


def test_claude_desktop_gets_the_allowed_operation_from_the_entry_of_the_page(tmp_path: Path) -> None:
    for language, content in blocks(PAGE):
        if language == "yaml":
            first, _, rest = content.partition("\n")
            (tmp_path / first.removeprefix("# ")).write_text(rest)
    (entry,) = (json.loads(content) for language, content in blocks(PAGE) if language == "json")
    server = entry["mcpServers"]["orders"]
    config = str(tmp_path / "gateway.yaml")
    command = [server["command"], *(config if one == "/path/to/gateway.yaml" else one for one in server["args"])]
    assert config in command

    done = subprocess.run(
        command,
        env=environment(tmp_path) | server["env"],
        input='{"jsonrpc": "2.0", "id": 1, "method": "tools/list"}\n',
        capture_output=True,
        text=True,
        timeout=BOUND_S,
        check=True,
    )

    assert [tool["name"] for tool in json.loads(done.stdout)["result"]["tools"]] == ["list_orders"]
