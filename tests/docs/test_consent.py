"""docs/consent.md: the page does what it says, with a running gateway in front of the example API."""

import asyncio
from pathlib import Path

from tests.docs.page import page, play


def test_each_command_of_the_page_prints_what_the_page_says(tmp_path: Path) -> None:
    assert asyncio.run(play(page("consent.md"), tmp_path)) == 13
