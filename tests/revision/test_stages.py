from pathlib import Path

import pytest

from plugin_gateway.config.load import LoadedConfig, load
from plugin_gateway.errors import DocumentError
from plugin_gateway.revision.stages import load_document, load_stages

DOCUMENT = (
    'openapi: 3.1.0\ninfo: {title: Pets, version: "1"}\npaths: {/pets: {get: {operationId: listPets, responses: {}}}}\n'
)
OVERLAY = 'overlay: 1.0.0\ninfo: {title: Names, version: "1"}\nactions: [{target: $.info, update: {title: Animals}}]\n'
CONFIG = "openapi: {source: ./openapi.yaml, overlays: [./overlay.yaml]}\nupstream: {url: http://h}\nallow: [listPets]\n"


@pytest.fixture
def loaded(tmp_path: Path) -> LoadedConfig:
    (tmp_path / "openapi.yaml").write_text(DOCUMENT)
    (tmp_path / "overlay.yaml").write_text(OVERLAY)
    (tmp_path / "gateway.yaml").write_text(CONFIG)
    return load(tmp_path / "gateway.yaml", environ={})


def test_the_document_is_found_from_the_configs_folder(loaded: LoadedConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    assert len(load_document(loaded).operations) == 1


def test_the_stages_are_the_apis_document_and_the_document_after_each_overlay(loaded: LoadedConfig) -> None:
    assert [stage.root["info"]["title"] for stage in load_stages(loaded)] == ["Pets", "Animals"]


def test_a_document_that_is_missing_is_an_error_at_the_line_that_names_it(tmp_path: Path, loaded: LoadedConfig) -> None:
    (tmp_path / "openapi.yaml").unlink()
    with pytest.raises(DocumentError, match=r"gateway\.yaml:1:\d+: error\[document-unreadable\]: .*openapi\.yaml"):
        load_document(loaded)


def test_a_missing_document_and_a_missing_overlay_are_reported_together(tmp_path: Path, loaded: LoadedConfig) -> None:
    (tmp_path / "openapi.yaml").unlink()
    (tmp_path / "overlay.yaml").unlink()
    with pytest.raises(DocumentError) as caught:
        load_document(loaded)
    assert len(caught.value.findings) == 2
