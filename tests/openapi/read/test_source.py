import subprocess
import sys
from pathlib import Path

import pytest

from plugin_gateway.errors import DocumentError
from plugin_gateway.openapi.document import OperationKey
from plugin_gateway.openapi.read.source import read_document
from plugin_gateway.openapi.refs import RefError
from tests.bounds import BOUND_S

CORPUS = Path(__file__).parents[3].parent / "shared" / "corpus"
needs_corpus = pytest.mark.skipif(not CORPUS.exists(), reason=f"the shared corpus is not at {CORPUS}")

API = "openapi: 3.0.3\ninfo: {title: t, version: '1'}\npaths:\n  /a: {get: {responses: {}}}\n"


def test_a_document_is_read_from_a_path(tmp_path: Path) -> None:
    (tmp_path / "api.yaml").write_text(API)

    document = read_document("api.yaml", base=tmp_path)

    assert list(document.operations) == [OperationKey("GET", "/a")]
    assert document.name == str(tmp_path / "api.yaml")
    assert document.unread == {}


def test_a_path_may_hold_a_colon(tmp_path: Path) -> None:
    (tmp_path / "api:v1.yaml").write_text(API)

    assert read_document("api:v1.yaml", base=tmp_path).version == "3.0"


@pytest.mark.parametrize("location", ["file:///etc/passwd", "FILE://x/y", "ftp://host/x", "python://os/environ"])
def test_other_schemes_are_refused(location: str) -> None:
    with pytest.raises(DocumentError, match="is a file or an http"):
        read_document(location)


@pytest.mark.parametrize(
    ("text", "location", "rule"),
    [
        ("- 1\n- 2\n", "1:1", "document-root"),
        ("openapi: 3.0.3\ninfo: {}\npaths: foo\n", "3:1", "document-paths"),
        ('{"openapi": "3.0.3",\n "paths": {"/a": {},\n  "/b": []}}', "3:3", "document-path-item"),
        ("openapi: 3.0.3\npaths:\n  /a:\n    get: x\n", "4:5", "document-operation"),
        ("openapi: 3.0.3\npaths:\n  /a: {$ref: '#/paths/~1a'}\n", "3:8", "document-ref"),
        ("openapi: 3.0.3\npaths:\n  /a: {$ref: 'http://127.0.0.1:9/x'}\n", "3:8", "document-ref"),
    ],
)
def test_each_mistake_is_reported_at_its_place(tmp_path: Path, text: str, location: str, rule: str) -> None:
    path = tmp_path / "api"
    path.write_text(text)

    with pytest.raises(DocumentError) as caught:
        read_document(str(path))

    (finding,) = caught.value.findings
    assert (str(finding.location), finding.rule) == (f"{path}:{location}", rule)


def test_parts_beside_the_document_are_read_and_others_are_reported_when_needed(tmp_path: Path) -> None:
    (tmp_path / "api").mkdir()
    (tmp_path / "secret.yaml").write_text("type: string")
    (tmp_path / "api" / "pet.yaml").write_text("items: {$ref: ../secret.yaml}")
    schema = "content: {application/json: {schema: {$ref: pet.yaml}}}"
    (tmp_path / "api" / "api.yaml").write_text(
        API.replace("{responses: {}}", f"{{responses: {{'200': {{{schema}}}}}}}")
    )

    document = read_document("api/api.yaml", base=tmp_path)

    assert document.root["components"]["schemas"] == {"pet": {"items": {"$ref": "../secret.yaml"}}}
    with pytest.raises(RefError, match="leads out of the document"):
        document.resolve("../secret.yaml")


def test_a_file_is_read_without_loading_an_http_client(tmp_path: Path) -> None:
    (tmp_path / "api.yaml").write_text(API)
    program = (
        "import sys; from plugin_gateway.openapi.read.source import read_document; read_document(sys.argv[1]);"
        "print(sorted({'httpx2', 'asyncio', 'starlette', 'plugin_gateway.config.model'} & set(sys.modules)))"
    )

    answer = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "api.yaml"],
        capture_output=True,
        check=True,
        text=True,
        timeout=BOUND_S,
    )

    assert answer.stdout == "[]\n"


@needs_corpus
@pytest.mark.parametrize("name", ["09_dup_keys.yaml", "16_alias_bomb.yaml", "17_alias_cycle.yaml"])
def test_hostile_documents_are_refused_with_a_message_of_one_line(name: str) -> None:
    with pytest.raises(DocumentError, match=rf"{name}:\d+:\d+: error\[[a-z-]+\]: "):
        read_document(str(CORPUS / "hard" / name))


@needs_corpus
def test_a_document_with_foreign_references_is_read_and_none_is_followed() -> None:
    document = read_document(str(CORPUS / "hard" / "20_external_and_bad_refs.yaml"))

    assert len(document.operations) == 4
    for reference in ("http://127.0.0.1:9/evil.yaml#/X", "file:///etc/passwd", "python://os/environ"):
        with pytest.raises(RefError, match="leads to another place"):
            document.resolve(reference)
