from plugin_gateway.diagnostics import Finding, Location
from plugin_gateway.revision.placing import place_in_document

FINDING = Finding(rule="unresolved-ref", message="points at nothing", pointer=("paths", "/pets"))


def test_a_pointer_becomes_a_line_of_the_file(tmp_path):
    path = tmp_path / "openapi.yaml"
    path.write_text("openapi: 3.1.0\npaths:\n  /pets: {}\n")
    (placed,) = place_in_document([FINDING], str(path))
    assert (placed.location.file, placed.location.line) == (str(path), 3)


def test_a_document_that_was_fetched_is_only_named():
    (placed,) = place_in_document([FINDING], "https://api.example.com/openapi.json")
    assert placed.location == Location("https://api.example.com/openapi.json")


def test_a_finding_without_a_pointer_is_about_the_whole_file_and_one_with_a_place_keeps_it(tmp_path):
    path = tmp_path / "openapi.yaml"
    path.write_text("openapi: 3.1.0\n")
    whole = Finding(rule="x", message="y")
    placed = whole.at(Location("elsewhere", 7, 1))
    assert [one.location for one in place_in_document([whole, placed], str(path))] == [
        Location(str(path)),
        placed.location,
    ]
