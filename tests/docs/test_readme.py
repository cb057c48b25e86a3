"""README.md: its configuration is accepted, its commands exist, and its links lead to files."""

import re
from pathlib import Path

from plugin_gateway.cli.entry import COMMANDS
from plugin_gateway.config.load import load_text
from tests.docs.page import ROOT, blocks

PAGE = (ROOT / "README.md").read_text()


def test_the_configuration_of_the_page_has_no_mistake() -> None:
    ((language, config),) = blocks(PAGE)
    assert language == "yaml"

    loaded = load_text(config, path=None, environ={"UPSTREAM_API_KEY": "an-example-of-a-key"})

    assert [str(one.operation) for one in loaded.config.allow] == ["listIssues", "POST /issues"]


def test_each_command_of_the_page_exists() -> None:
    named = {*re.findall(r"(?m)(?:^    |`)plugin-gateway ([a-z-]+)", PAGE)}

    assert {"serve", "check", "mcp", "plugin"} <= named <= {*COMMANDS}


def test_each_link_of_the_page_leads_to_a_file() -> None:
    targets = re.findall(r"\]\(([^)#:]+)\)", PAGE)

    assert targets
    assert [one for one in targets if not Path(ROOT, one).exists()] == []
    assert {*(ROOT / "docs").glob("*.md")} <= {ROOT / one for one in targets}
