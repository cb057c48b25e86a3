from pathlib import Path

from plugin_gateway.cli.entry import COMMANDS
from plugin_gateway.cli.reference import reference

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_in_docs_is_what_the_commands_say_today():
    written = (DOCS / "cli.md").read_text()
    assert written == reference(), "python -m plugin_gateway.cli.reference > docs/cli.md"


def test_every_command_is_on_the_page():
    assert [line[3:] for line in reference().splitlines() if line.startswith("## ")] == list(COMMANDS)
