from __future__ import annotations

import pytest

from plugin_gateway.openapi.document import Document
from plugin_gateway.shape.describe.path_parts import path_parts
from plugin_gateway.shape.request.reader import Reader
from plugin_gateway.shape.values.kind import kind_of
from plugin_gateway.shape.values.reading import Style
from plugin_gateway.shape.values.validator import Validator


def reader(name: str) -> Reader:
    kind = kind_of({}, Document(root={}, name="d"))
    return Reader("path", name, Style("simple", False, name, "path"), kind, Validator({}))


@pytest.mark.parametrize(
    ("template", "path", "values"),
    [
        ("/pets/{id}", b"/pets/7", {"id": b"7"}),
        ("/pets/{id}/x/{key}", b"/pets/7/x/a%2Fb", {"id": b"7", "key": b"a%2Fb"}),
        ("/files/{name}.{kind}", b"/files/a.b.json", {"name": b"a", "kind": b"b.json"}),
        ("/files/v{id}", b"/files/v7", {"id": b"7"}),
        ("/pets/{id}?type={type}", b"/pets/7", {"id": b"7"}),
        ("/pets", b"/pets", {}),
    ],
)
def test_the_value_of_each_parameter_is_found_in_the_path(template: str, path: bytes, values: dict[str, bytes]) -> None:
    segments = path.split(b"/")
    found: dict[str, bytes] = {}
    for part in path_parts(template, {name: reader(name) for name in ("id", "key", "name", "kind")}):
        match = part.pattern.fullmatch(segments[part.segment]) if part.pattern is not None else None
        found[part.reader.name] = match[part.group] if match is not None else segments[part.segment]
    assert found == values


def test_a_path_without_readers_has_no_parts() -> None:
    assert path_parts("/pets/{id}", {}) == ()
