"""docs/drift.md: the page does what it says."""

import asyncio
from pathlib import Path

from plugin_gateway.config.load import load_text
from tests.docs.page import blocks, page, play, shown_lines

PAGE = page("drift.md")


def test_each_command_of_the_page_prints_what_the_page_says(tmp_path: Path) -> None:
    assert asyncio.run(play(PAGE, tmp_path)) == shown_lines(PAGE)


def test_each_config_of_the_page_is_valid() -> None:
    configs = [content for language, content in blocks(PAGE) if language == "yaml" and "upstream:" in content]

    assert len(configs) == 2
    for text in configs:
        load_text(text, path=None, environ={})
