from pathlib import Path
from typing import Any

import pytest

from plugin_gateway.callers.users import hash_token
from plugin_gateway.errors import ConfigError, DocumentError
from plugin_gateway.revision import steps
from plugin_gateway.revision.build import build, load_config
from plugin_gateway.revision.from_file import compile_file, load_revision_file
from plugin_gateway.revision.model import Revision
from plugin_gateway.revision.revision_file import pack

ENVIRON = {"KEY": "sekret-7f3a9c-of-the-upstream", "TOKEN": "a-token-of-some-length"}
DOCUMENT = """openapi: 3.1.0
info: {title: Pets, version: "1"}
paths:
  /pets:
    get: {operationId: listPets, responses: {"200": {description: ok}}}
    post: {operationId: addPet, responses: {}}
"""
CONFIG = """openapi: ./openapi.yaml
upstream: {url: http://127.0.0.1:9100, credential: {header: X-Key, value: {env: KEY}}}
allow: [listPets, addPet]
auth: {type: service_http, tokens: [{name: a, env: TOKEN}]}
consumers: [{name: readers, match: {token: a}, allow: [listPets]}]
manifest: {logo: logo.gif}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "openapi.yaml").write_text(DOCUMENT)
    (tmp_path / "gateway.yaml").write_text(CONFIG)
    (tmp_path / "logo.gif").write_bytes(b"GIF89a" + bytes(20))
    return tmp_path


def written(folder: Path) -> Path:
    """Write a revision file with finished documents, as `build` does, and take away what it was made of."""
    built = build(load_config(folder / "gateway.yaml", environ=ENVIRON))
    file = folder / "revision.bin"
    file.write_bytes(pack(built))
    draft = load_revision_file(file, environ=ENVIRON)
    compile_file(draft)
    file.write_bytes(pack(built, finished=draft.steps.finished))
    for name in ("openapi.yaml", "gateway.yaml", "logo.gif"):
        (folder / name).unlink()
    return file


def compiled(file: Path, **options: Any) -> Revision:
    return compile_file(load_revision_file(file, environ=ENVIRON, **options))


def test_a_revision_file_and_the_files_of_its_config_are_reported(folder: Path) -> None:
    told: list[Path] = []
    with pytest.raises(ConfigError, match="cannot read it"):
        load_revision_file(folder / "revision.bin", environ=ENVIRON, on_file=told.append)
    file = written(folder)
    assert load_revision_file(file, environ=ENVIRON, on_file=told.append).logo
    assert told == [file, file]


def test_a_start_renders_no_document_for_clients(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = build(load_config(folder / "gateway.yaml", environ=ENVIRON)).revision
    file = written(folder)
    monkeypatch.setattr(steps, "build_document_faces", lambda *_, **__: pytest.fail("rendered"))
    revision = compiled(file)
    assert revision.digest == whole.digest
    assert [revision.faces, revision.views[0].faces] == [whole.faces, whole.views[0].faces]
    assert revision.tools == whole.tools
    assert [one.message for one in revision.warnings] == [one.message for one in whole.warnings] != []


def test_documents_follow_the_address_that_the_command_line_changes(folder: Path) -> None:
    file = written(folder)
    for view in (moved := compiled(file, overrides={"listen": "127.0.0.1:9"}), moved.views[0]):
        for path in ("/openapi.json", "/openapi.yaml?profile=lean"):
            assert b"http://localhost:9" in view.faces[path].body
            assert b"8080" not in view.faces[path].body


def test_secrets_are_read_at_the_start(folder: Path) -> None:
    file = written(folder)
    with pytest.raises(ConfigError, match="KEY"):
        load_revision_file(file, environ={"TOKEN": ENVIRON["TOKEN"]})
    rotated = compile_file(load_revision_file(file, environ={**ENVIRON, "KEY": "another-secret-of-the-upstream"}))
    assert rotated.read_injection != compiled(file).read_injection
    assert rotated.digest == compiled(file).digest


def test_files_that_the_config_names_are_read_at_the_start(folder: Path) -> None:
    (folder / "gateway.yaml").write_text(
        CONFIG[: CONFIG.index("auth:")] + "auth: {type: user_http, users: ./users}\naudit: {file: logs/audit.jsonl}\n"
    )
    (folder / "users").write_text(f"ann:{hash_token('a-token-of-some-length')}\n")
    (folder / "logs").mkdir()
    file = written(folder)
    assert compiled(file).callers.authentication is not None
    (folder / "users").write_bytes(b"\xff")
    (folder / "logs").rmdir()
    with pytest.raises(ConfigError) as caught:
        compiled(file)
    assert {finding.rule for finding in caught.value.findings} >= {"unreadable", "audit-unwritable"}
    (folder / "users").unlink()
    with pytest.raises(ConfigError, match="file-missing"):
        compiled(file)


def test_a_mistake_in_the_document_names_it_and_does_not_read_it(folder: Path) -> None:
    file = written(folder)
    (folder / "openapi.yaml").write_text("another: document\n")
    unpacked = load_revision_file(file, environ=ENVIRON)
    unpacked.document.root["paths"]["/pets"]["get"]["responses"]["200"] = {"$ref": "#/nowhere"}
    with pytest.raises(DocumentError) as caught:
        compile_file(unpacked)
    [error] = caught.value.findings
    assert error.location is not None
    assert (error.location.file, error.location.line) == (str(folder / "openapi.yaml"), 0)
