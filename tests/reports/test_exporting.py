"""The candidate of an export, from a built revision."""

import json
from pathlib import Path

import pytest

from plugin_gateway.errors import ConfigError
from plugin_gateway.publish.face import Face
from plugin_gateway.reports.exporting import MAX_IMAGE_BYTES, Documents, candidate_of
from tests.shop import built, png


def test_the_candidate_has_the_digest_the_tools_and_the_document_of_the_revision() -> None:
    shop = built()
    candidate = candidate_of(shop)
    assert candidate.digest == shop.revision.digest
    assert [tool.definition for tool in candidate.tools] == [
        json.loads(tool.definition) for tool in shop.revision.tools
    ]
    assert candidate.documents[""] == shop.revision.faces["/openapi.json"].body
    assert {tool.name for tool in candidate.tools} == {
        node["operationId"] for item in candidate.document["paths"].values() for node in item.values()
    }


def test_images_are_read_from_their_files(tmp_path: Path) -> None:
    for name in ("logo", "icon"):
        (tmp_path / name).write_bytes(png(50, 50))
    shop = built({"plugin": {"logo": str(tmp_path / "logo")}, "manifest": {"logo": str(tmp_path / "icon")}})
    assert candidate_of(shop).images == {"logo": png(50, 50), "manifest": png(50, 50)}


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (None, "no such file or directory"),
        (bytes(MAX_IMAGE_BYTES + 1), "it has more than 20,000,000 bytes"),
        (b"API_KEY=sekret-7f3a9c", "it is not a PNG, JPEG, GIF, WebP or SVG file"),
        (b"", "it is not a PNG"),
    ],
    ids=["gone", "large", "secrets", "empty"],
)
def test_a_file_that_is_no_readable_image_is_reported_at_its_key(tmp_path: Path, body: bytes | None, why: str) -> None:
    file = tmp_path / "logo.png"
    file.write_bytes(png())
    shop = built({"plugin": {"logo": str(file)}})
    if body is None:
        file.unlink()
    else:
        file.write_bytes(body)
    with pytest.raises(ConfigError) as caught:
        candidate_of(shop)
    [finding] = caught.value.findings
    assert (finding.rule, finding.pointer) == ("unreadable", ("plugin", "logo"))
    assert why in finding.message


def test_only_documents_that_are_read_are_rendered() -> None:
    rendered: list[str] = []

    def face(name: str) -> Face:
        def render() -> bytes:
            rendered.append(name)
            return name.encode()

        return Face("application/json", render)

    documents = Documents(
        {"/openapi.json": face("whole"), "/openapi.json?profile=lean": face("lean"), "/logo": face("x")}
    )

    assert ("lean" in documents, "x" in documents, list(documents), len(documents)) == (True, False, ["", "lean"], 2)
    assert rendered == []
    assert documents[""] == b"whole"
    assert rendered == ["whole"]
