"""docs/deploy.md: its keys are accepted, and its commands and paths are those of the files for deployment."""

import re
from urllib.parse import urlsplit

from plugin_gateway.config.load import load_text
from tests.docs.page import ROOT, blocks, page
from tests.docs.rules import PACKAGE

PAGE = page("deploy.md")
LEAST = "openapi: o.yaml\nupstream: {url: 'https://10.0.0.7'}\nallow: [a]\n"
UNIT = ROOT / "deploy" / "systemd" / "plugin-gateway.service"


def test_each_key_of_the_page_is_accepted() -> None:
    configs = [content for language, content in blocks(PAGE) if language == "yaml"]

    loaded = [load_text(LEAST + config, path=None, environ={}).config.public for config in configs]

    assert [(urlsplit(one.url or "").path, one.path_stripped) for one in loaded] == [
        ("/plugin", False),
        ("/plugin", True),
    ]


def test_the_commands_for_systemd_are_for_the_unit_that_is_there() -> None:
    (commands,) = (content for language, content in blocks(PAGE) if language == "console")
    unit = UNIT.read_text()

    encrypted = re.findall(r"systemd-creds encrypt - (\S+)", commands)
    assert encrypted == re.findall(r"(?m)^LoadCredentialEncrypted=[\w-]+:(\S+)$", unit)
    assert {*re.findall(r"systemctl [\w -]* (\S+)$", commands, re.MULTILINE)} == {UNIT.stem}
    assert re.search(r"(?m)^ExecReload=.*HUP", unit)


def test_the_page_quotes_the_message_of_the_gateway_about_a_missing_path() -> None:
    sources = "".join(path.read_text() for path in (PACKAGE / "proxy").glob("*.py"))
    (message,) = re.findall(r'"(a call of %s came without [^"]+)"', sources)

    assert message.replace("%s", "getOrderList") in re.sub(r"\s+", " ", PAGE)


def test_each_file_that_the_page_names_is_there() -> None:
    named = re.findall(r"\]\(\.\./([^)#]+)\)", PAGE)

    assert len(named) > 5
    assert [one for one in named if not (ROOT / one).exists()] == []
