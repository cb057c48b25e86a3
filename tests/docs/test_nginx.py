"""docs/nginx.md: the page does what it says, with a real nginx."""

import asyncio
from pathlib import Path

from tests.deploy.proxies import program
from tests.docs.page import page, play, shown_lines

PAGE = page("nginx.md")


def test_each_command_of_the_page_prints_what_the_page_says(tmp_path: Path) -> None:
    program("nginx")

    assert asyncio.run(play(PAGE, tmp_path)) == shown_lines(PAGE)
