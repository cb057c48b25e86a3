from typing import Any

import pytest

from plugin_gateway.openapi.read import parts
from plugin_gateway.openapi.read.parts import PartFinder, PartValue, refers_elsewhere
from plugin_gateway.openapi.refs import RefError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b'{"$ref":"#/a", "b": {"$ref": "#/c"}}', False),
        (b"a: {$ref: '#/a'}\nb: {$ref: \"#/b\"}\n'$ref': 1", True),
        (b"a: {$ref: '#/a'}\nb: {$ref: \"#/b\"}", False),
        (b'{"$ref":"a.json"}', True),
        (b'{"$ref"\n:"a.json"}', True),
        (b"{$ref: a.yaml}", True),
        (b"no reference", False),
        (b"mapping: {dog: Dog, cat: '#/a'}\nexternalDocs: {url: 'https://example.com/a.json'}", False),
        (b"mapping:\n  dog: Dog\n  cat: schemas/cat.yaml\n", True),
        (b'{"mapping":{"cat":"./cat.json#/Cat"}}', True),
        (b"defaultMapping: cat.yml", True),
        (b"$ref: a.yaml", True),
        (b"$ref:\n  a.yaml\n", True),
        (b"$ref: # beside this file\n  a.yaml\n", True),
        (b"? $ref\n: a.yaml", True),
        (b"&name $ref: 'a.yaml'", True),
        (b"$ref: >-\n  a.yaml", True),
        (b"$ref: *name", True),
        (b'{"$ref" : "#/a"}', False),
        (b"$ref  :  '#/a'", False),
        (b"/users/{id}/$ref:\n  get: {}", False),
        (b'{"/users/{id}/$ref":{"get":{}}}', False),
        (b'{"properties":{"$ref":{"type":"string"}}}', False),
        (b"properties:\n  $ref:\n    type: string\n", False),
        (b"properties:\n  $ref:\n    'type': string\n", True),
    ],
)
def test_a_text_may_refer_elsewhere_unless_all_its_references_are_local(text: bytes, expected: bool) -> None:
    assert refers_elsewhere(text) is expected


def test_a_text_with_many_mappings_may_refer_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "_MAX_MAPPINGS", 10)
    assert not refers_elsewhere(b"mapping: {} " * 10)
    assert refers_elsewhere(b"mapping: {} " * 11)


class Shelf:
    root = "root.yaml"

    def find(self, base: str, reference: str) -> str:
        del base
        return reference

    def read(self, part: str) -> Any:
        if part == "a.yaml":
            return {"A": 1}
        raise RefError(part, "does not exist")


@pytest.mark.parametrize(
    ("part", "ref", "found"),
    [
        ("root.yaml", "a.yaml#/A", PartValue("a.yaml", ("A",), 1)),
        ("root.yaml", "a.yaml", PartValue("a.yaml", (), {"A": 1})),
        ("a.yaml", "#/A", PartValue("a.yaml", ("A",), 1)),
        ("a.yaml", "root.yaml#/x", PartValue("root.yaml", ("x",), 2)),
        ("root.yaml", "#/x", None),
    ],
)
def test_a_reference_leads_to_a_value_in_a_part_unless_it_is_local(
    part: str, ref: str, found: PartValue | None
) -> None:
    finder = PartFinder({"x": 2}, "3.0", Shelf())

    assert finder.find(part, ref) == found
    assert finder.unread == {}


@pytest.mark.parametrize(
    ("part", "ref", "name"), [("root.yaml", "b.yaml#/A", "b.yaml#/A"), ("a.yaml", "#/B", "a.yaml#/B")]
)
def test_a_reference_that_cannot_be_read_is_kept_with_the_reason(part: str, ref: str, name: str) -> None:
    finder = PartFinder({}, "3.0", Shelf())

    assert finder.find(part, ref) is None
    assert [*finder.unread] == [name]
