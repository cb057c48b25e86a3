import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest

from plugin_gateway.reload import aside, child_process
from plugin_gateway.reload.aside import compile_aside
from plugin_gateway.reload.outcome import Compiled, Refused

DOCUMENT = (
    'openapi: 3.1.0\ninfo: {title: Pets, version: "1"}\npaths: {/pets: {get: {operationId: listPets, responses: {}}}}\n'
)
CONFIG = "openapi: ./openapi.yaml\nupstream: {url: http://127.0.0.1:9100}\nallow: [listPets]\n"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "openapi.yaml").write_text(DOCUMENT)
    (tmp_path / "gateway.yaml").write_text(CONFIG)
    return tmp_path / "gateway.yaml"


def compiled(config: Path, **options: Any) -> Any:
    return asyncio.run(compile_aside(config=config, overrides={}, number=1, **options))


@pytest.mark.parametrize("gently", [False, True])
def test_a_revision_comes_back_and_no_document_is_read_here(config: Path, gently: bool) -> None:
    before = set(sys.modules)
    assert isinstance(compiled(config, gently=gently), Compiled)
    assert not {"plugin_gateway.openapi.read.source", "plugin_gateway.config.load"} & (set(sys.modules) - before)


def test_the_pins_of_the_served_revision_go_to_the_child(config: Path) -> None:
    config.write_text(CONFIG.replace("[listPets]", "[GET /pets]") + "deny: [{tag: internal}]\n")
    (config.parent / "openapi.yaml").write_text(DOCUMENT.replace("{get: {", "{get: {tags: [internal], "))
    first = compiled(config)
    (config.parent / "openapi.yaml").write_text(
        DOCUMENT.replace("{get:", "{post: {tags: [internal], responses: {}}, get:")
    )
    assert compiled(config).operations == 1
    assert compiled(config, pinned=first.pinned).operations == 0


def test_mistakes_come_back_as_findings(config: Path) -> None:
    config.write_text("openapi: 7\n")
    outcome = compiled(config)
    assert isinstance(outcome, Refused)
    assert "gateway.yaml" in outcome.report


def test_a_child_that_ends_badly_is_a_finding(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_process, "module_command", lambda *_: (sys.executable, "-c", "raise SystemExit(3)"))
    outcome = compiled(config)
    assert isinstance(outcome, Refused)
    assert "ended with status 3" in outcome.report


def test_a_child_that_hangs_is_ended(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        child_process, "module_command", lambda *_: (sys.executable, "-c", "import signal; signal.pause()")
    )
    monkeypatch.setattr(aside, "COMPILE_TIMEOUT_S", 0.2)
    outcome = compiled(config)
    assert isinstance(outcome, Refused)
    assert "took longer" in outcome.report
