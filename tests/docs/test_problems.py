"""docs/problems.md names each code of the gateway once, with the statuses that the code has."""

import re
from pathlib import Path

from plugin_gateway.refusal import TITLES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "problems.md").read_text()
ROWS = re.findall(r"(?m)^\| `([a-z-]+)` \| ([0-9, ]+) \| (.+) \| (.+) \|$", PAGE)


def test_each_code_is_explained_once() -> None:
    in_tables = [code for code, *_ in ROWS]
    prose = PAGE.partition("## The bytes of the message")[2]
    in_prose = [word for word in re.findall(r"`([a-z]+(?:-[a-z]+)+|elsewhere)`", prose) if word in TITLES]
    assert sorted(in_tables + in_prose) == sorted(TITLES)


def test_each_row_has_a_status_that_the_code_has() -> None:
    source = "\n".join(path.read_text() for path in (ROOT / "plugin_gateway").rglob("*.py"))
    for code, statuses, _, _ in ROWS:
        written = set(re.findall(rf'([2-5]\d\d),\s*(?:code=)?"{code}"', source))
        assert not written or written <= set(statuses.split(", ")), code


def test_keys_of_gateway_yaml_that_the_page_names_exist() -> None:
    config = (ROOT / "docs" / "config.md").read_text()
    for key in re.findall(r"`((?:limits|upstream|client_timeout|auth|validate|public)\.[a-z_.]+)`", PAGE):
        assert f"`{key.rpartition('.')[2]}`" in config, key
