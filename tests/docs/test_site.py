"""The site made of docs/: it builds strictly, and its pages load nothing from other hosts."""

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from plugin_gateway.cli.entry import cli
from tests.narrow import present

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("material", reason="mkdocs-material is not installed")
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--site-dir", str(folder)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 0, result.stderr
    return folder


def test_each_page_of_docs_is_a_page_of_the_site(site: Path) -> None:
    for source in (ROOT / "docs").rglob("*.md"):
        name = "index" if source.stem == "README" else source.stem
        assert (site / source.relative_to(ROOT / "docs")).with_name(f"{name}.html").is_file()


def test_each_link_between_pages_leads_to_a_page(site: Path) -> None:
    checked = 0
    for page in site.rglob("*.html"):
        for target in re.findall(r'href="([^"#:?]+\.html)', page.read_text()):
            if page.name != "404.html":
                assert (page.parent / target).resolve().is_file(), (page.name, target)
                checked += 1
    assert checked > 100


def test_no_page_loads_anything_from_another_host(site: Path) -> None:
    loading = re.compile(
        r'(?:<script[^>]+src|<img[^>]+src|<link[^>]+rel="(?:stylesheet|preconnect|icon)"[^>]+href)="?(?:https?:)?//'
    )
    assert [page.name for page in site.rglob("*.html") if loading.search(page.read_text())] == []


GENERATED = ("cli.md", "config.md")
"""Pages that are made by the code; the tests of `cli.reference` and `config.reference` compare them."""


def test_each_page_with_an_example_has_a_test_that_plays_or_reads_it() -> None:
    tests = "".join(path.read_text() for path in (ROOT / "tests").glob("d*/test_*.py"))
    for page in (ROOT / "docs").glob("*.md"):
        fences = re.findall(r"(?m)^```.*$", page.read_text())
        assert {*fences[1::2]} <= {"```"}, page.name
        if fences and page.name not in GENERATED:
            assert f'page("{page.name}")' in tests or f'"docs" / "{page.name}"' in tests, page.name
            assert "```" not in fences[::2], f"{page.name} has an example without a language"


def test_decisions_are_numbered_without_a_gap_and_their_titles_say_the_number() -> None:
    records = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))
    for number, record in enumerate(records, 1):
        assert record.name.startswith(f"{number:04d}-"), record.name
        assert record.read_text().startswith(f"# {number}. "), record.name


def test_the_list_of_decisions_has_each_with_its_title_and_status() -> None:
    folder = ROOT / "docs" / "adr"
    rows = []
    for record in sorted(folder.glob("[0-9]*.md")):
        heading, _, dated, *_ = record.read_text().splitlines()
        number, _, title = heading.removeprefix("# ").partition(". ")
        rows.append((number, f"[{title}]({record.name})", dated.partition(" · ")[2]))

    assert re.findall(r"(?m)^\| (\d+) \| (.+?) \| (.+) \|$", (folder / "README.md").read_text()) == rows


def test_a_decision_that_another_supersedes_says_so() -> None:
    records = {record.name: record.read_text().splitlines()[2] for record in (ROOT / "docs" / "adr").glob("[0-9]*.md")}
    pairs = [(new, old) for new, dated in records.items() for old in re.findall(r"supersedes \[.+?\]\((.+?)\)", dated)]

    assert pairs
    for new, old in pairs:
        assert re.search(rf"superseded by \[.+?\]\({re.escape(new)}\)", records[old]), old


OF_OTHER_PROGRAMS = {"claude", "make", "pip", "python", "systemctl", "PLUGIN_GATEWAY_COMPILE=1"}
OF_PYTHON = {"--enable-optimizations"}
OF_ALL_COMMANDS = {"--help", "--version"}


def options_of(command: click.Command) -> set[str]:
    found = {option for one in command.params for option in one.opts}
    return found.union(*map(options_of, command.commands.values())) if isinstance(command, click.Group) else found


OPTIONS = {
    name: options_of(present(cli.get_command(click.Context(cli), name)))
    for name in cli.list_commands(click.Context(cli))
}


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda page: page.name)
def test_each_option_that_a_sentence_names_exists(page: Path) -> None:
    text = re.sub(r"(?ms)^```.*?^```", "", page.read_text())
    for span in re.findall(r"`([^`\n]*--[a-z][^`\n]*)`", text):
        first, *rest = span.removeprefix("plugin-gateway ").split()
        if first in OF_OTHER_PROGRAMS:
            continue
        known = (
            OPTIONS[first] if rest and first in OPTIONS else set().union(*OPTIONS.values(), OF_ALL_COMMANDS, OF_PYTHON)
        )
        assert {*re.findall(r"(?<![\w-])--[a-z][a-z-]*", span)} <= known, span
