import json
from pathlib import Path

import pytest

from plugin_gateway.cli.entry import run

DOCUMENT = (
    'openapi: 3.1.0\ninfo: {title: Pets, version: "1"}\npaths: {/pets: {get: {operationId: listPets, responses: {}}}}\n'
)
CONFIG = "openapi: ./openapi.yaml\nupstream: {url: http://127.0.0.1:9100}\nallow: [listPets]\n"


def test_the_manifest_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "openapi.yaml").write_text(DOCUMENT)
    (tmp_path / "gateway.yaml").write_text(CONFIG)
    assert run(["manifest", "-c", str(tmp_path / "gateway.yaml")]) == 0
    assert json.loads(capsys.readouterr().out)["api"]["url"] == "http://localhost:8080/openapi.json"
