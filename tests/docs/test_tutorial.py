"""docs/tutorial.md: each command runs, on GitHub's real document, and prints what the page says."""

import asyncio
import re
import shutil
from pathlib import Path

from tests.deploy.proxies import QuietHandler, listening
from tests.docs.page import Shell, blocks, github, page
from tests.ports import free_ports


class GitHub(QuietHandler):
    def do_GET(self) -> None:  # noqa: N802  # the standard library's name
        body = b'[{"number": 1}]'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


async def played(folder: Path, upstream: int) -> list[tuple[str, str]]:
    """Run the commands of the page; return what each block printed, with the text that the page shows after it."""
    port, admin = free_ports(2)
    found: list[tuple[str, str]] = []
    shell = await Shell.start(folder)
    try:
        await shell.run(f"export PLUGIN_GATEWAY__UPSTREAM__URL=http://127.0.0.1:{upstream}")
        for language, text in blocks(page("tutorial.md")):
            if language == "text":
                found[-1] = found[-1][0], text
                continue
            # There is no network: the package is installed, and the document is there.
            lines = [line for line in text.splitlines() if not re.match(r"pip |python3 -m venv|curl -sSo", line)]
            commands = "\n".join(lines).replace("localhost:8080", f"127.0.0.1:{port}")
            if "serve &" in commands:
                commands = commands.replace(
                    "serve &", f"serve --listen 127.0.0.1:{port} --admin 127.0.0.1:{admin} 2>serve.log &"
                )
                commands += f"\nfor i in $(seq 800); do curl -so /dev/null 127.0.0.1:{port}/openapi.json && break; sleep 0.05; done"
            found.append((await shell.run(commands), ""))
    finally:
        await shell.stop()
    return found


def test_the_tutorial_does_what_it_says(tmp_path: Path) -> None:
    shutil.copy(github(), tmp_path / "github.json")
    with listening(GitHub) as port:
        found = asyncio.run(played(tmp_path, port))
    assert len(found) > 8
    for printed, shown in found:
        for line in filter(None, map(str.strip, shown.splitlines())):
            assert line in printed, (line, printed)
    assert '[{"number": 1}]' in "".join(printed for printed, _ in found)
