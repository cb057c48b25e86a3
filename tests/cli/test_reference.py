import subprocess
import sys
from pathlib import Path

from plugin_gateway.cli.entry import COMMANDS
from plugin_gateway.cli.reference import reference

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_in_docs_matches_the_help_of_the_commands() -> None:
    # In a new process: click remembers the help option of a command by how it was first called.
    said = subprocess.run(
        (sys.executable, "-m", "plugin_gateway.cli.reference"), capture_output=True, text=True, check=True
    ).stdout
    assert (DOCS / "cli.md").read_text() == said, "run: make docs"


def test_every_command_is_on_the_page() -> None:
    assert [line[3:] for line in reference().splitlines() if line.startswith("## ")] == list(COMMANDS)
