"""docs/limits.md: the page does what it says, and each key of its table is accepted."""

import asyncio
import re
from pathlib import Path

import yaml

from plugin_gateway.config.load import load_text
from tests.docs.page import page, play, shown_lines

PAGE = page("limits.md")


def test_each_command_of_the_page_prints_what_the_page_says(tmp_path: Path) -> None:
    assert asyncio.run(play(PAGE, tmp_path)) == shown_lines(PAGE)


def test_each_key_of_the_table_is_accepted() -> None:
    written = re.findall(r"\| `(\w+: [^`]+)`(?: in the entry of `(\w+)`)? \|$", PAGE, re.MULTILINE)

    assert len(written) == 7
    for text, holder in written:
        given = yaml.safe_load(text)
        whole = {"openapi": "o.yaml", "upstream": {"url": "https://h"}, "allow": [{"operation": "a"}]}
        if holder == "allow":
            whole["allow"] = [{"operation": "a", **given}]
        elif holder == "consumers":
            whole["consumers"] = [{"name": "a", "match": {"user": "a"}, **given}]
        elif "upstream" in given:
            whole["upstream"] = {"url": "https://h", **given["upstream"]}
        else:
            whole |= given
        assert load_text(yaml.safe_dump(whole), path=None, environ={}).warnings == ()
