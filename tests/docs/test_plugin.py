"""docs/plugin.md: the page does what it says, up to the point where a person clicks."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "plugin.md").read_text()
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LIMIT_S = 60  # for all commands of one block, on a busy machine


def blocks() -> Iterator[tuple[str, str]]:
    """Yield the language and the text of each block that is run, written or compared."""
    for language, text in BLOCK.findall(PAGE):
        if language in {"sh", "text"} or re.match(r"# [\w.]+\n", text):
            yield language, text


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Return a function that runs lines in one shell and returns what they print."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    process = subprocess.Popen(
        ["bash", "--norc"],
        cwd=tmp_path,
        env={"PATH": path, "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        bufsize=1,
        start_new_session=True,
    )

    def run(lines: str) -> str:
        process.stdin.write(f"{lines}\necho; echo '<end of block>'\n")
        process.stdin.flush()
        printed = ""
        # A gateway that the page starts holds the pipe open, so the whole group ends.
        late = threading.Timer(LIMIT_S, os.killpg, (process.pid, signal.SIGKILL))
        late.start()
        try:
            while not printed.endswith("<end of block>\n"):
                line = process.stdout.readline()
                assert line, printed
                printed += line
        finally:
            late.cancel()
        return printed

    yield run
    process.stdin.write("kill $(jobs -p); exit\n")
    process.stdin.flush()
    process.communicate(timeout=LIMIT_S)


def test_each_command_of_the_page_prints_what_the_page_says(shell: Callable[[str], str], tmp_path: Path) -> None:
    ports = {8080: free_port(), 8081: free_port()}
    printed, compared = "", 0
    for language, text in blocks():
        for written, free in ports.items():
            text = text.replace(f"127.0.0.1:{written}", f"127.0.0.1:{free}")  # noqa: PLW2901  # the page, on free ports
        if language == "sh":
            printed = shell(text)
        elif language == "text":
            for line in text.splitlines():
                assert line in printed, printed
                compared += 1
        else:
            name, _, content = text.partition("\n")
            (tmp_path / name.removeprefix("# ")).write_text(content)
    assert compared > 10
    package = json.loads((tmp_path / "orders" / "plugin.json").read_text())
    digest = package["extensions"]["com.example.plugin"]["revision"]
    assert f'"digest":"{digest}"' in shell(f"curl -fs http://127.0.0.1:{ports[8081]}/readyz")


def test_the_page_names_the_redirect_uris_that_check_wants() -> None:
    from plugin_gateway.export.targets.server import CHATGPT_CALLBACK, CHATGPT_CALLBACKS, CLAUDE_CALLBACK

    assert all(uri in PAGE for uri in (CHATGPT_CALLBACK, CHATGPT_CALLBACKS, CLAUDE_CALLBACK))
