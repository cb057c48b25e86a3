"""docs/tools.md: its keys are accepted, and its command prints tools in each format that the page names."""

import json
import re

from plugin_gateway.config.load import load_text
from tests.docs.page import blocks, page, run_here

PAGE = page("tools.md")
LEAST = "openapi: o.yaml\nupstream: {url: https://api.example.com}\n"


def test_the_hints_of_the_page_are_accepted() -> None:
    (config,) = (content for language, content in blocks(PAGE) if language == "yaml")

    send, query = load_text(LEAST + config, path=None, environ={}).config.allow

    assert (send.title, send.hints.destructive, send.hints.open_world, query.hints.read_only) == (
        "Send a message",
        True,
        True,
        True,
    )


def test_the_command_prints_the_tools_in_each_format_that_the_page_names() -> None:
    ((_, console),) = (block for block in blocks(PAGE) if block[0] == "console")
    command = re.fullmatch(r"\$ plugin-gateway (tools --format openai) > tools\.json\n", console)
    formats = re.findall(r"`([\w-]+)`", PAGE.partition("The formats are")[2].partition(".")[0])

    assert command is not None
    assert "openai" in formats
    for shape in formats:
        arguments = command[1].replace("openai", shape).split()
        done = run_here(*arguments)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)
