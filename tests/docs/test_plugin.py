"""docs/plugin.md: the page does what it says, up to the point where a person clicks."""

import asyncio
import json
from pathlib import Path

from plugin_gateway.export.platforms.server import CHATGPT_CALLBACK, CHATGPT_CALLBACKS, CLAUDE_CALLBACK
from tests.docs.page import page, play

PAGE = page("plugin.md")
ASK_READYZ = "```sh\ncurl -fs http://127.0.0.1:8081/readyz -o readyz.json\n```\n"


def test_each_command_of_the_page_prints_what_the_page_says(tmp_path: Path) -> None:
    assert asyncio.run(play(f"{PAGE}\n{ASK_READYZ}", tmp_path)) > 10

    package = json.loads((tmp_path / "orders" / "plugin.json").read_text())
    digest = package["extensions"]["com.example.plugin"]["revision"]
    assert f'"digest":"{digest}"' in (tmp_path / "readyz.json").read_text()


def test_the_page_names_the_redirect_uris_that_check_wants() -> None:
    assert all(uri in PAGE for uri in (CHATGPT_CALLBACK, CHATGPT_CALLBACKS, CLAUDE_CALLBACK))
