"""docs/agents.md: the page does what it says. Its Python programs run if their framework is installed."""

import asyncio
from pathlib import Path

from clients.__main__ import VENVS
from clients.mcp_frameworks import FRAMEWORKS
from tests.docs.page import page, play

PAGE = page("agents.md")


def command_of(program: str) -> str:
    """Return the Python of the framework that the program's first line installs, if it is there."""
    package = program.partition("\n")[0].removeprefix("# pip install ")
    (framework,) = (one for one in FRAMEWORKS if one.name == package)
    python = VENVS / framework.venv / "bin" / "python"
    return f"'{python}'" if python.exists() else ""


def test_each_command_and_program_of_the_page_prints_what_the_page_says(tmp_path: Path) -> None:
    programs = sum(bool(command_of(f"# pip install {one.name}\n")) for one in FRAMEWORKS)

    assert asyncio.run(play(PAGE, tmp_path, command_of)) == 8 + programs
