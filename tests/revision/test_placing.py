import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from plugin_gateway.diagnostics import Finding, Location
from plugin_gateway.revision.placing import MAX_BYTES_FOR_WARNINGS, place_in_document, place_warnings
from tests.narrow import present

FINDING = Finding(rule="unresolved-ref", message="points at nothing", pointer=("paths", "/pets"))


def test_a_pointer_becomes_a_line_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "openapi.yaml"
    path.write_text("openapi: 3.1.0\npaths:\n  /pets: {}\n")
    (placed,) = place_in_document([FINDING], str(path))
    location = present(placed.location)
    assert (location.file, location.line) == (str(path), 3)


def test_a_document_that_was_fetched_is_only_named() -> None:
    (placed,) = place_in_document([FINDING], "https://api.example.com/openapi.json")
    assert placed.location == Location("https://api.example.com/openapi.json")


def test_a_finding_without_a_pointer_is_about_the_whole_file_and_one_with_a_place_keeps_it(tmp_path: Path) -> None:
    path = tmp_path / "openapi.yaml"
    path.write_text("openapi: 3.1.0\n")
    whole = Finding(rule="x", message="y")
    placed = whole.at(Location("elsewhere", 7, 1))
    assert [one.location for one in place_in_document([whole, placed], str(path))] == [
        Location(str(path)),
        placed.location,
    ]


def test_a_warning_of_the_document_gets_its_line_and_the_others_stay(tmp_path: Path) -> None:
    path = tmp_path / "openapi.yaml"
    path.write_text("openapi: 3.1.0\npaths:\n  /pets: {}\n")
    warning, config = FINDING.at(Location(str(path))), FINDING.at(Location("gateway.yaml", 1, 1))

    placed, other = place_warnings([warning, config], str(path))

    assert (placed.location, present(placed.location).text) == (Location(str(path), 3, 3, 5), "  /pets: {}")
    assert other == config


def test_a_warning_of_a_large_document_or_one_that_was_fetched_is_left_without_a_line(tmp_path: Path) -> None:
    path = tmp_path / "openapi.yaml"
    path.write_bytes(b"#" * (MAX_BYTES_FOR_WARNINGS + 1))
    for name in (str(path), "https://api.example.com/openapi.json"):
        warning = FINDING.at(Location(name))
        assert place_warnings([warning], name) == (warning,)


def test_each_of_many_warnings_is_placed_and_the_text_is_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps({"paths": {f"/p{number}": {} for number in range(1000)}}, indent=1))
    warnings = [
        replace(FINDING, pointer=("paths", f"/p{number}"), location=Location(str(path))) for number in range(1000)
    ]
    reads: list[Path] = []
    read_bytes = Path.read_bytes

    def counted(read: Path) -> bytes:
        reads.append(read)
        return read_bytes(read)

    monkeypatch.setattr(Path, "read_bytes", counted)

    placed = place_warnings(warnings, str(path))

    assert [one.location and one.location.line for one in placed] == list(range(3, 1003))
    assert [one.location and one.location.text.strip()[:6] for one in placed[:2]] == ['"/p0":', '"/p1":']
    assert reads == [path]
