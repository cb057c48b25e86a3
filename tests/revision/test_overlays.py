"""Overlay files: read as a config names them, applied before the allow-list, and never a way to open an operation."""

import os
from pathlib import Path

import pytest

from plugin_gateway.errors import DocumentError, FindingsError
from plugin_gateway.gate.permit import Permit
from plugin_gateway.openapi.document import Document
from plugin_gateway.openapi.overlay.overlay import read_overlay
from plugin_gateway.revision.build import Built, build, load_config
from plugin_gateway.revision.overlays import MAX_OVERLAY_BYTES, apply_overlays, read_overlay_file

DOCUMENT = """\
openapi: 3.1.0
info: {title: Pets, version: "1"}
paths:
  /pets:
    get: {operationId: listPets, summary: List, description: A long text., responses: {}}
  /pets/mine:
    get: {operationId: myPets, responses: {}}
  /pets/{id}:
    get: {operationId: getPet, parameters: [{name: id, in: path, required: true, schema: {type: string}}], responses: {}}
"""
HEAD = 'overlay: 1.1.0\ninfo: {title: Texts, version: "1"}\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "openapi.yaml").write_text(DOCUMENT)
    return tmp_path


def built(folder: Path, *overlays: str, allow: str = "[listPets, getPet]", source: str = "openapi.yaml") -> Built:
    for number, text in enumerate(overlays):
        (folder / f"o{number}.yaml").write_text(text)
    names = ", ".join(f"o{number}.yaml" for number in range(len(overlays)))
    config = (
        f"openapi: {{source: {source}, overlays: [{names}]}}\nupstream: {{url: http://127.0.0.1:9}}\nallow: {allow}\n"
    )
    (folder / "gateway.yaml").write_text(config)
    return build(load_config(folder / "gateway.yaml", environ={}))


def passes(one: Built, target: bytes) -> bool:
    return isinstance(one.revision.gate.judge(b"GET", target), Permit)


def test_overlays_change_what_clients_see_in_their_order(folder: Path) -> None:
    one = built(
        folder,
        HEAD + "actions: [{target: \"$.paths['/pets'].get.description\", update: Short.}]",
        HEAD + "actions: [{target: \"$.paths['/pets'].get.description\", update: Shorter.}]",
    )

    assert b"Shorter." in one.revision.faces["/openapi.json"].body
    assert b"A long text." not in one.revision.faces["/openapi.json"].body
    assert [stage.root["paths"]["/pets"]["get"]["description"] for stage in one.stages] == [
        "A long text.",
        "Short.",
        "Shorter.",
    ]


def test_the_allow_list_names_operations_of_the_overlaid_document(folder: Path) -> None:
    renamed = HEAD + "actions: [{target: \"$.paths['/pets'].get.operationId\", update: pets}]"

    assert passes(built(folder, renamed, allow="[pets]"), b"/pets")
    with pytest.raises(FindingsError, match="listPets"):
        built(folder, renamed, allow="[listPets]")


def test_an_operation_that_an_overlay_adds_stays_closed_and_is_warned_of(folder: Path) -> None:
    one = built(folder, HEAD + "actions: [{target: $.paths, update: {/toys: {get: {responses: {}}}}}]")

    assert not passes(one, b"/toys")
    assert "overlay-adds-operation" in {finding.rule for finding in one.revision.warnings}


@pytest.mark.parametrize("target", ["$.paths['/pets/mine']", "$.paths['/pets/mine'].get"])
def test_an_operation_that_an_overlay_removes_stays_denied_beside_an_allowed_template(
    folder: Path, target: str
) -> None:
    one = built(folder, HEAD + f'actions: [{{target: "{target}", remove: true}}]')

    assert passes(one, b"/pets/7")
    assert not passes(one, b"/pets/mine")


@pytest.mark.parametrize("name", ["myPets", "GET /pets/mine"])
def test_the_error_for_an_entry_says_that_an_overlay_removed_its_operation(folder: Path, name: str) -> None:
    with pytest.raises(FindingsError, match=rf"an overlay removes `{name}`"):
        built(folder, HEAD + "actions: [{target: \"$.paths['/pets/mine']\", remove: true}]", allow=f"[{name}]")


def test_an_operation_written_again_with_other_parameter_names_is_allowed(folder: Path) -> None:
    again = "{get: {operationId: getPet, parameters: [{name: petId, in: path, required: true, schema: {type: string}}], responses: {}}}"
    one = built(
        folder, HEAD + f"actions:\n- {{target: \"$.paths['/pets/{{id}}']\", remove: true}}\n- {{target: $.paths, update: {{'/pets/{{petId}}': {again}}}}}"
    )  # fmt: skip

    assert passes(one, b"/pets/7")


def test_a_stale_target_is_an_error_with_its_line(folder: Path) -> None:
    with pytest.raises(DocumentError, match=r"o0\.yaml:4:4: error\[overlay-target\].*did you mean `/pets`"):
        built(folder, HEAD + "actions:\n- {target: \"$.paths['/petz'].get\", update: {summary: x}}")


def test_the_mistakes_of_all_overlays_and_of_the_document_are_in_one_report(folder: Path) -> None:
    (folder / "openapi.yaml").write_text("openapi: 3.1.0\npaths: []\n")

    with pytest.raises(DocumentError) as caught:
        built(folder, "overlay: 7", "actions: []")

    assert {Path(one.location.file).name for one in caught.value.findings if one.location} == {
        "o0.yaml",
        "o1.yaml",
        "openapi.yaml",
    }


@pytest.mark.parametrize(
    ("extends", "is_warned"),
    [
        ("openapi.yaml", False),
        ("./openapi.yaml", False),
        ("../other/openapi.yaml", True),
        ("https://example.com/v1/openapi.yaml", False),
        ("https://example.com/v1/other.yaml", True),
        ("http://[", True),
    ],
)
def test_an_overlay_for_another_document_is_warned_of(folder: Path, extends: str, is_warned: bool) -> None:
    one = built(folder, HEAD + f"extends: '{extends}'\nactions: [{{target: $.info.title, update: x}}]")

    assert ("overlay-extends" in {finding.rule for finding in one.revision.warnings}) is is_warned


def test_an_overlay_changes_the_digest(folder: Path) -> None:
    overlay = HEAD + "actions: [{target: \"$.paths['/pets'].get.summary\", update: Pets}]"

    assert built(folder).revision.digest != built(folder, overlay).revision.digest


@pytest.mark.parametrize("kind", ["missing", "folder", "fifo", "large"])
def test_an_overlay_that_cannot_be_read_is_reported(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "o.yaml"
    if kind == "folder":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "large":
        path.write_bytes(b"#" * (MAX_OVERLAY_BYTES + 1))

    with pytest.raises(DocumentError, match="cannot be read"):
        read_overlay_file(path)


@pytest.mark.parametrize(
    ("extends", "is_warned"),
    [
        ("https://api.example.com/v1/openapi.json", False),
        ("https://API.example.com/v1/openapi.json", False),
        ("https://other.example.com/v1/openapi.json", True),
        ("https://api.example.com/v2/openapi.json", True),
        ("copies/openapi.json", False),
        ("copies/other.json", True),
    ],
)
def test_an_overlay_for_another_url_is_warned_of(extends: str, is_warned: bool) -> None:
    address = "https://api.example.com/v1/openapi.json"
    document = Document(root={"openapi": "3.1.0", "info": {"title": "T"}, "paths": {}}, name=address, address=address)
    text = HEAD + f"extends: {extends}\nactions: [{{target: $.info, update: {{x-a: 1}}}}]"

    (after,) = apply_overlays(document, (read_overlay(text.encode(), "o.yaml"),))

    assert bool(after.warnings) is is_warned
