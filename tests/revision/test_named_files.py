from pathlib import Path

import pytest

from plugin_gateway.config.load import LoadedConfig
from plugin_gateway.errors import ConfigError
from plugin_gateway.revision.build import build, load_config

DOCUMENT = (
    'openapi: 3.1.0\ninfo: {title: Pets, version: "1"}\npaths: {/pets: {get: {operationId: listPets, responses: {}}}}\n'
)
CONFIG = "openapi: ./openapi.yaml\nupstream: {url: http://127.0.0.1:9100}\nallow: [listPets]\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "openapi.yaml").write_text(DOCUMENT)
    (tmp_path / "gateway.yaml").write_text(CONFIG)
    return tmp_path


def loaded(folder: Path) -> LoadedConfig:
    return load_config(folder / "gateway.yaml", environ={})


def test_the_logo_that_the_config_names_is_served(folder: Path) -> None:
    (folder / "logo.gif").write_bytes(b"GIF89a" + bytes(20))
    (folder / "gateway.yaml").write_text(CONFIG + "manifest: {logo: logo.gif}\n")
    assert build(loaded(folder)).revision.faces["/logo.gif"].media_type == "image/gif"


def test_a_logo_that_cannot_be_read_is_pointed_at(folder: Path) -> None:
    (folder / "logo.gif").mkdir()
    (folder / "gateway.yaml").write_text(CONFIG + "manifest: {logo: logo.gif}\n")
    with pytest.raises(ConfigError, match=r"gateway\.yaml:4:\d+: error.*logo"):
        build(loaded(folder))


def test_an_audit_can_be_written_to_a_folder_that_is_there(folder: Path) -> None:
    (folder / "gateway.yaml").write_text(CONFIG + "audit: {file: audit.jsonl, values: [petId]}\n")
    settings = build(loaded(folder)).revision.audit
    assert settings is not None
    assert (settings.file, set(settings.values)) == (str(folder / "audit.jsonl"), {"petId"})


@pytest.mark.parametrize(
    ("file", "match"),
    [
        ("gone/audit.jsonl", "audit-unwritable.*does not exist"),
        (".", "bad-value.*this is a folder"),
        ("~/audit.jsonl", "bad-value"),
    ],
)
def test_an_audit_that_cannot_be_written_is_an_error(folder: Path, file: str, match: str) -> None:
    (folder / "gateway.yaml").write_text(CONFIG + f"audit: {{file: {file}}}\n")
    with pytest.raises(ConfigError, match=match):
        build(loaded(folder))


def test_the_folder_of_an_audit_is_not_looked_for_on_another_machine(folder: Path) -> None:
    (folder / "gateway.yaml").write_text(CONFIG + "audit: gone/audit.jsonl\n")
    assert build(load_config(folder / "gateway.yaml", environ={}, needs_secrets=False)).revision.audit is not None
