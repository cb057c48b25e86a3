"""Savings of overlays, in tokens."""

from pathlib import Path

import pytest

from plugin_gateway.revision.build import Built, build, load_config
from plugin_gateway.revision.savings import cost_of, savings_of

LONG = "A text that goes on and on. " * 20
DOCUMENT = f"""\
openapi: 3.1.0
info: {{title: Pets, version: "1"}}
paths:
  /pets:
    get: {{operationId: listPets, description: {LONG}, responses: {{}}}}
"""
HEAD = 'overlay: 1.1.0\ninfo: {title: T, version: "1"}\nactions:\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "openapi.yaml").write_text(DOCUMENT)
    (tmp_path / "short.yaml").write_text(HEAD + "- {target: $.paths.*.get.description, update: Short.}")
    (tmp_path / "renamed.yaml").write_text(HEAD + "- {target: $.paths.*.get.operationId, update: pets}")
    return tmp_path


def built(folder: Path, overlays: str, allow: str) -> Built:
    config = f"openapi: {{source: openapi.yaml, overlays: {overlays}}}\nupstream: {{url: http://h}}\nallow: {allow}\n"
    (folder / "gateway.yaml").write_text(config)
    return build(load_config(folder / "gateway.yaml", environ={}))


def test_an_overlay_saves_the_tokens_of_the_texts_that_it_shortens(folder: Path) -> None:
    one = built(folder, "[short.yaml]", "[listPets]")

    (saving,) = savings_of(one)

    assert saving.overlay.name == "short.yaml"
    assert saving.after == cost_of(one.revision)
    assert saving.before is not None
    assert saving.before.tools - saving.after.tools > 100
    assert saving.before.document - saving.after.document > 100


def test_an_overlay_that_the_allow_list_needs_has_nothing_to_compare_with(folder: Path) -> None:
    renamed, short = savings_of(built(folder, "[renamed.yaml, short.yaml]", "[pets]"))

    assert renamed.before is None
    assert short.before is not None
    assert short.before == renamed.after
