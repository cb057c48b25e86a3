"""A page of docs/ as a test plays it: the test writes its files, runs its commands and compares what they print."""

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bounds import BOUND_S
from tests.narrow import present
from tests.ports import free_port

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE_NAME = re.compile(r"# ([\w.-]+)|<!-- ([\w.-]+) -->")
"""The first line of a block that is a whole file."""
END = "<end of block>"
KEY = "key-of-the-api-7f3a9c"
"""The upstream's key in the examples."""
ORDERS = """\
openapi: 3.1.0
info: {title: Orders, version: "1"}
paths:
  /orders:
    get: {operationId: listOrders, summary: List orders., responses: {}}
"""
"""The document that the configs of several pages name."""
_GITHUB = ROOT.parent / "shared" / "corpus" / "open" / "github.json"


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text()


def blocks(text: str) -> list[tuple[str, str]]:
    """Return the language and the content of each fenced block."""
    return BLOCK.findall(text)


def github() -> Path:
    """Return the file of GitHub's document; skip the test where it is absent."""
    if not _GITHUB.is_file():
        pytest.skip("GitHub's document is not here: ../shared/corpus/open/github.json")
    return _GITHUB


def run_here(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command of plugin-gateway with the gateway.yaml of this repository."""
    return subprocess.run(
        [sys.executable, "-m", "plugin_gateway", *arguments],
        cwd=ROOT,
        env={**os.environ, "LEGACY_API_KEY": KEY},
        capture_output=True,
        text=True,
        timeout=BOUND_S,
        check=False,
    )


def environment(folder: Path) -> dict[str, str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {"PATH": path, "HOME": str(folder), "PYTHONPATH": str(ROOT)}


class Shell:
    """One bash for all commands of a page, with the programs that they leave in the background."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, folder: Path) -> "Shell":
        return cls(
            await asyncio.create_subprocess_exec(
                *("bash", "--norc"),
                cwd=folder,
                env=environment(folder),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                limit=1 << 22,
                start_new_session=True,
            )
        )

    async def run(self, lines: str) -> str:
        """Run the lines; return what they print."""
        present(self._process.stdin).write(f"{lines}\necho; echo '{END}'\n".encode())
        async with asyncio.timeout(BOUND_S):
            return (await present(self._process.stdout).readuntil(f"{END}\n".encode())).decode()

    async def stop(self) -> None:
        """End the shell and the programs that it started."""
        os.killpg(self._process.pid, signal.SIGTERM)
        async with asyncio.timeout(BOUND_S):
            await self._process.communicate()


def shown_lines(text: str) -> int:
    """Return how many lines of output a page shows."""
    return sum(len(content.splitlines()) for language, content in blocks(text) if language == "text")


async def play(text: str, folder: Path, command_of: Callable[[str], str] = lambda _: "") -> int:
    """Play the examples of a page in a folder; return how many lines were compared.

    `command_of` returns the shell command that runs a Python program; if it is empty, the program is compiled only.
    """
    for port in ("8080", "8081", "8082", "8090", "8091"):
        text = text.replace(f"127.0.0.1:{port}", f"127.0.0.1:{free_port()}")
    printed, compared = "", 0
    shell = await Shell.start(folder)
    try:
        for language, content in blocks(text):
            first = content.partition("\n")[0]
            match language:
                case "sh":
                    printed = await shell.run(content)
                case "text":
                    for line in content.splitlines():
                        assert line in printed, printed
                        compared += 1
                case "yaml" | "svg" | "nginx":
                    if name := FILE_NAME.fullmatch(first):
                        # The whole block, as a reader pastes it.
                        (folder / (name[1] or name[2])).write_text(content)
                case "python":
                    compile(content, "page", "exec")
                    (folder / "program.py").write_text(content)
                    if command := command_of(content):
                        printed = await shell.run(f"{command} program.py")
                        assert "Traceback" not in printed, printed
                        assert "open" in printed
                        compared += 1
                case _:
                    assert language == "json", language
    finally:
        await shell.stop()
    return compared
