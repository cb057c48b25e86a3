"""docs/editing.md: the page does what it says."""

import asyncio
from pathlib import Path

from tests.docs.page import page, play, shown_lines

PAGE = page("editing.md")


def test_each_command_of_the_page_prints_what_the_page_says(tmp_path: Path) -> None:
    assert asyncio.run(play(PAGE, tmp_path)) == shown_lines(PAGE)
