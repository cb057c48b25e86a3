import io
import os
import socket
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from plugin_gateway.errors import DocumentError
from plugin_gateway.openapi.read import folder as folder_module
from plugin_gateway.openapi.read.folder import Folder, screen
from plugin_gateway.openapi.read.source import read_standard_input
from plugin_gateway.openapi.refs import RefError


@pytest.fixture
def api(tmp_path: Path) -> Path:
    api = tmp_path / "api"
    (api / "sub").mkdir(parents=True)
    (api / "openapi.yaml").write_text("openapi: 3.0.3")
    (api / "sub" / "one two.yaml").write_text("a: 1")
    (tmp_path / "secret.yaml").write_text("secret: 1")
    return api


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        ("http://127.0.0.1:9/x.yaml", "another place"),
        ("file:///etc/passwd", "another place"),
        ("python://os/environ", "another place"),
        ("urn:x", "another place"),
        ("//host/x", "another place"),
        ("/etc/passwd", "absolute path"),
        ("%2Fetc/passwd", "absolute path"),
        ("a.yaml?x", "relative path"),
        ("..\\a", "relative path"),
        ("a%00.yaml", "relative path"),
        ("a%5c..%5cb", "relative path"),
    ],
)
def test_a_text_that_is_not_a_relative_path_is_refused_by_the_screen(reference: str, reason: str) -> None:
    assert reason in (screen(reference) or "")


@pytest.mark.parametrize("reference", ["a.yaml", "./a.yaml", "../a.yaml", "a%20b.yaml", "..data/a.yaml"])
def test_relative_paths_pass_the_screen(reference: str) -> None:
    assert screen(reference) is None


def test_a_part_is_named_by_its_path_from_the_first(api: Path) -> None:
    parts = Folder(api / "openapi.yaml")

    assert parts.root == "openapi.yaml"
    assert parts.find("openapi.yaml", "./sub/one%20two.yaml") == "sub/one two.yaml"
    assert parts.find("sub/one two.yaml", "../openapi.yaml") == "openapi.yaml"
    assert parts.read("sub/one two.yaml") == {"a": 1}


@pytest.mark.parametrize(
    "reference",
    ["../secret.yaml", "sub/../../secret.yaml", "%2e%2e/secret.yaml", "..", "/etc/passwd", "http://x/y.yaml"],
)
def test_no_part_is_outside_the_folder(api: Path, reference: str) -> None:
    with pytest.raises(RefError):
        Folder(api / "openapi.yaml").find("openapi.yaml", reference)


def test_a_link_out_of_the_folder_is_no_part(api: Path) -> None:
    (api / "out.yaml").symlink_to(api.parent / "secret.yaml")
    (api / "up").symlink_to(api.parent)
    (api / "in.yaml").symlink_to(api / "sub" / "one two.yaml")
    parts = Folder(api / "openapi.yaml")

    for reference in ("out.yaml", "up/secret.yaml"):
        with pytest.raises(RefError, match="leads out"):
            parts.find("openapi.yaml", reference)
    assert parts.read(parts.find("openapi.yaml", "in.yaml")) == {"a": 1}


def test_a_folder_with_the_same_beginning_is_outside(api: Path) -> None:
    (api.parent / "api-secret").mkdir()
    (api / "near").symlink_to(api.parent / "api-secret")

    with pytest.raises(RefError, match="leads out"):
        Folder(api / "openapi.yaml").find("openapi.yaml", "near/x.yaml")


def test_a_missing_part_is_no_mistake_yet(api: Path) -> None:
    with pytest.raises(RefError, match="No such file"):
        Folder(api / "openapi.yaml").read("nope.yaml")


def test_a_part_that_cannot_be_decoded_is_a_mistake(api: Path) -> None:
    (api / "bad.yaml").write_text("a: 1\na: 2")

    with pytest.raises(DocumentError, match=r"bad\.yaml:2:1"):
        Folder(api / "openapi.yaml").read("bad.yaml")


def test_on_file_is_called_for_each_file_before_it_is_opened_even_if_it_is_missing(api: Path) -> None:
    told: list[Path] = []
    folder = Folder(api / "openapi.yaml", on_file=told.append)

    folder.read_root()
    folder.read("sub/one two.yaml")
    with pytest.raises(RefError):
        folder.read("gone.yaml")

    assert told == [api / "openapi.yaml", api / "sub" / "one two.yaml", api / "gone.yaml"]


def test_a_part_is_read_once(api: Path) -> None:
    parts = Folder(api / "openapi.yaml")
    first = parts.read("sub/one two.yaml")
    (api / "sub" / "one two.yaml").unlink()

    assert parts.read("sub/one two.yaml") is first


def test_a_missing_document_names_the_nearest_file(api: Path) -> None:
    with pytest.raises(DocumentError, match=r"the file does not exist \(did you mean .*/api/openapi\.yaml\?\)"):
        Folder(api / "openapi.yml").read_root()


def test_a_fragment_of_a_document_is_named(api: Path) -> None:
    with pytest.raises(DocumentError, match=r"did you mean .*/api/openapi\.yaml\?"):
        Folder(api / "openapi.yaml#" / "paths").read_root()


def test_a_file_with_only_the_same_suffix_is_not_near(api: Path) -> None:
    (api / "ws.yaml").touch()
    with pytest.raises(DocumentError) as caught:
        Folder(api / "missing.yaml").read_root()
    assert caught.value.findings[0].hint == ""


def test_a_missing_folder_is_named(api: Path) -> None:
    with pytest.raises(DocumentError, match=r"/api exists, but contains no spec\)"):
        Folder(api / "spec" / "v1" / "openapi.yml").read_root()


def test_only_regular_files_are_read(api: Path) -> None:
    os.mkfifo(api / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(api / "socket"))
        for name in ("pipe", "socket", "sub"):
            with pytest.raises(DocumentError):
                Folder(api / name).read_root()
    with pytest.raises(DocumentError, match="not a regular file"):
        Folder(Path("/dev/zero")).read_root()


def test_an_unreadable_part_says_why(api: Path) -> None:
    (api / "loop").symlink_to("loop")

    with pytest.raises(RefError, match="cannot be read"):
        Folder(api / "openapi.yaml").read("loop")


def test_bytes_are_counted_over_all_parts(api: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_module, "MAX_BYTES", 16)
    parts = Folder(api / "openapi.yaml")
    parts.read_root()

    with pytest.raises(RefError, match="too large"):
        parts.read("sub/one two.yaml")


def test_parts_are_counted(api: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_module, "MAX_PARTS", 1)
    parts = Folder(api / "openapi.yaml")
    parts.read("openapi.yaml")

    with pytest.raises(RefError, match="exceeds the limit"):
        parts.read("sub/one two.yaml")


FROM_STANDARD_INPUT = (
    b'{"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/a": {"$ref": "a.json"}}}'
)


def _given(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(data)))


def test_a_document_on_standard_input_has_its_parts_in_the_working_directory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "a.json").write_text('{"get": {"responses": {}}}')
    monkeypatch.chdir(tmp_path)
    _given(monkeypatch, FROM_STANDARD_INPUT)
    assert [str(key) for key in read_standard_input().operations] == ["GET /a"]


def test_a_mistake_in_standard_input_is_located_there(monkeypatch: pytest.MonkeyPatch) -> None:
    _given(monkeypatch, b"{")
    with pytest.raises(DocumentError, match="<stdin>"):
        read_standard_input()


def test_more_standard_input_than_a_document_may_have_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_module, "MAX_BYTES", 10)
    _given(monkeypatch, FROM_STANDARD_INPUT)
    with pytest.raises(DocumentError, match="standard input has more than"):
        read_standard_input()
