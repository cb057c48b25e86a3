"""The static files of the console: small, complete, and without an address of another host."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

STATIC = Path(__file__).parents[2] / "plugin_gateway" / "console" / "static"
FILES = sorted(path for path in STATIC.iterdir() if path.is_file())
SCRIPTS = [path for path in FILES if path.suffix == ".js"]
MOST_BYTES = 60_000

named = pytest.mark.parametrize("file", FILES, ids=lambda path: path.name)


def test_all_screens_together_take_less_than_60_kb_compressed() -> None:
    assert sum(len(gzip.compress(path.read_bytes(), 6)) for path in FILES) < MOST_BYTES


@named
def test_a_file_names_no_other_host(file: Path) -> None:
    text = re.sub(r"http://www\.w3\.org/2000/svg", "", file.read_text())

    assert re.findall(r"""(?:https?:|["'(])//[a-z0-9.-]+\.[a-z]{2,}""", text) == []


def test_the_page_has_no_inline_script_style_or_listener_which_its_policy_forbids() -> None:
    page = (STATIC / "index.html").read_text()

    assert re.findall(r"<style|\sstyle=|\son[a-z]+=|javascript:", page) == []
    assert re.findall(r"<script([^>]*)>", page) == [' type="module" src="console.js"']


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_makes_no_markup_out_of_text(script: Path) -> None:
    forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\(|new Function|srcdoc|setHTML"

    assert re.findall(forbidden, script.read_text()) == []


def test_each_script_is_imported_and_each_import_is_there() -> None:
    imported = {name for path in SCRIPTS for name in re.findall(r'from "\./([\w.]+)"', path.read_text())}

    assert imported | {"console.js", "enter.js"} == {path.name for path in SCRIPTS}


def test_the_page_starts_to_load_at_once_what_its_first_screen_imports() -> None:
    page = (STATIC / "index.html").read_text()
    needed, todo = set(), ["console.js"]
    while todo:
        for name in re.findall(r'from "\./([\w.]+)"', (STATIC / todo.pop()).read_text()):
            if name not in needed:
                needed.add(name)
                todo.append(name)

    assert set(re.findall(r'rel="modulepreload" href="([\w.]+)"', page)) == needed
