"""A folder with a gateway.yaml and a document, for tests of commands that edit the file."""

from pathlib import Path

import pytest

OPENAPI = 'openapi: 3.1.0\ninfo: {title: Pets, version: "1"}\npaths: {/pets: {get: {operationId: listPets, responses: {}}, post: {operationId: addPet, responses: {}}}}\n'
CONFIG = "openapi: openapi.yaml\nupstream: {url: http://127.0.0.1:1, credential: {bearer: {value: s3cret-value}}}\nallow:\n  - listPets\n"
EDITED = CONFIG + "  - addPet   # POST /pets\n"


def enter(folder: Path, monkeypatch: pytest.MonkeyPatch, config: str = CONFIG, openapi: str = OPENAPI) -> Path:
    """Write both files, make the folder the current one, and return the path of the config."""
    monkeypatch.chdir(folder)
    Path("openapi.yaml").write_text(openapi)
    file = Path("gateway.yaml")
    file.write_text(config)
    return file


def names() -> list[str]:
    return sorted(path.name for path in Path().iterdir())
