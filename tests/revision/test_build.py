from pathlib import Path
from typing import Any

import pytest

from plugin_gateway.config.load import LoadedConfig
from plugin_gateway.diagnostics import Severity
from plugin_gateway.errors import ConfigError, DocumentError
from plugin_gateway.revision.build import build, load_config
from tests.conftest import Authority
from tests.narrow import present

DOCUMENT = (
    'openapi: 3.1.0\ninfo: {title: Pets, version: "1"}\npaths: {/pets: {get: {operationId: listPets, responses: {}}}}\n'
)
CONFIG = "openapi: ./openapi.yaml\nupstream: {url: http://127.0.0.1:9100}\nallow: [listPets]\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "openapi.yaml").write_text(DOCUMENT)
    (tmp_path / "gateway.yaml").write_text(CONFIG)
    return tmp_path


def loaded(folder: Path, **options: Any) -> LoadedConfig:
    return load_config(folder / "gateway.yaml", environ={}, **options)


def test_files_become_a_revision(folder: Path) -> None:
    built = build(loaded(folder), number=7)
    assert built.revision.number == 7
    assert [rule.operation_id for rule in built.revision.rules] == ["listPets"]


def test_the_command_line_wins_over_the_file(folder: Path) -> None:
    assert str(loaded(folder, overrides={"listen": "127.0.0.1:9"}).config.listen) == "127.0.0.1:9"


def test_a_missing_document_is_reported(folder: Path) -> None:
    (folder / "openapi.yaml").unlink()
    with pytest.raises(DocumentError, match=r"openapi\.yaml"):
        build(loaded(folder))


def test_a_mistake_in_the_document_is_shown_where_it_is_written(folder: Path) -> None:
    (folder / "openapi.yaml").write_text(DOCUMENT.replace("responses: {}", 'responses: {"200": {$ref: "#/nowhere"}}'))
    with pytest.raises(DocumentError, match=r"openapi\.yaml:3:\d+: error\[unresolved-ref\]"):
        build(loaded(folder))


def test_tls_files_are_judged_with_everything_else_and_pointed_at(folder: Path, authority: Authority) -> None:
    one, other = authority.issue("me"), authority.issue("me")
    tls = f"{{ca: {authority.ca}, cert: {one.cert}, key: {other.key}}}"
    text = f"openapi: ./openapi.yaml\nupstream:\n  url: https://h\n  tls: {tls}\nallow: [listPets, nothing]\n"
    (folder / "gateway.yaml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        build(loaded(folder))
    assert {finding.rule for finding in caught.value.findings} >= {"tls-key-mismatch", "unknown-operation"}
    [finding] = [finding for finding in caught.value.findings if finding.rule == "tls-key-mismatch"]
    assert present(finding.location).line == 4


def test_a_revision_holds_the_contents_of_the_tls_files(folder: Path, authority: Authority) -> None:
    text = CONFIG.replace("http://127.0.0.1:9100", "https://h, tls: {ca: " + authority.ca + "}")
    (folder / "gateway.yaml").write_text(text)
    first = build(loaded(folder)).revision
    assert first.upstream.tls_files.ca == Path(authority.ca).read_bytes()
    Path(authority.ca).write_bytes(Path(authority.issue("other").cert).read_bytes())
    second = build(loaded(folder)).revision
    assert second.upstream != first.upstream
    assert second.digest != first.digest


def test_unusable_files_and_unknown_operations_are_in_one_report(folder: Path) -> None:
    (folder / "users").write_bytes(b"\xff")
    auth = "auth: {type: user_http, users: ./users}\n"
    (folder / "gateway.yaml").write_text(CONFIG.replace("[listPets]", "[listPets, nothing]") + auth)
    with pytest.raises(ConfigError) as caught:
        build(loaded(folder))
    errors = {finding.rule for finding in caught.value.findings if finding.severity is Severity.ERROR}
    assert errors == {"unreadable", "unknown-operation"}
    (folder / "openapi.yaml").unlink()
    with pytest.raises(DocumentError) as unreadable:
        build(loaded(folder))
    errors = {finding.rule for finding in unreadable.value.findings if finding.severity is Severity.ERROR}
    assert errors == {"unreadable", "document-unreadable"}
