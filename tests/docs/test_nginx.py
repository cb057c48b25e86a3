"""docs/nginx.md: the page does what it says, with a real nginx."""

import asyncio
import shutil
from pathlib import Path

import pytest

from tests.docs.page import blocks, page, play

PAGE = page("nginx.md")


def test_each_command_of_the_page_prints_what_the_page_says(tmp_path: Path) -> None:
    if shutil.which("nginx") is None:
        pytest.skip("nginx is not installed")
    lines = sum(len(content.splitlines()) for language, content in blocks(PAGE) if language == "text")

    assert asyncio.run(play(PAGE, tmp_path, lambda _: "")) == lines
