import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.diagnostics import Finding, Location
from plugin_gateway.openapi.decode import json_skim, json_values, places, yaml_skim
from plugin_gateway.openapi.decode.places import locate_all, with_lines
from tests.octets import lists, mapped, sampled_from, structures

WORTH_SKIMMING_BYTES = 64 * 1024
PADDING = "." * WORTH_SKIMMING_BYTES


@pytest.fixture(autouse=True)
def smaller_documents_are_worth_skimming(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "WORTH_SKIMMING_BYTES", WORTH_SKIMMING_BYTES)


def document(operations: int, padding: str = "") -> dict[str, Any]:
    paths = {f"/p{number}": {"get": {"tags": ["a", "b"]}} for number in range(operations)}
    return {"openapi": "3.1.0", "info": {"title": padding}, "paths": paths}


def as_yaml(root: Any) -> bytes:
    return yaml.dump(root, Dumper=yaml.CSafeDumper, sort_keys=False).encode()


def as_json(root: Any) -> bytes:
    return json.dumps(root, indent=1).encode()


@pytest.mark.parametrize(
    ("data", "location"),
    [
        (b'{\n"a": 1}', "x:2:1"),
        (b"\xef\xbb\xbf{\na: 1}", "x:2:1"),
        (b"\na: 1", "x:2:1"),
        (b"", "x"),
    ],
)
def test_a_pointer_is_located_in_each_syntax(data: bytes, location: str) -> None:
    assert str(locate_all(data, "x", [("a",)])[("a",)]) == location


@pytest.mark.parametrize("write", [as_json, as_yaml])
@pytest.mark.parametrize("padding", ["", PADDING], ids=["small", "large"])
def test_pointers_that_are_located_together_have_the_same_places_as_alone(
    write: Callable[[Any], bytes], padding: str
) -> None:
    data = write(document(5, padding))
    pointers: list[tuple[str | int, ...]] = [
        *(("paths", f"/p{number}", "get", "tags", number % 3) for number in range(6)),
        ("paths",),
        ("paths", "/p1"),
        ("nothing", 1),
        ("info", "title"),
        ("paths", "/p1", "get", "tags", "1"),
        (),
    ]

    found = locate_all(data, "x", pointers)

    assert found == {pointer: locate_all(data, "x", [pointer])[pointer] for pointer in pointers}
    assert found[("paths", "/p1", "get", "tags", 1)] == found[("paths", "/p1", "get", "tags", "1")]
    lines = data.decode().splitlines()
    assert all(
        f"/p{number}" in lines[locate_all(data, "x", [("paths", f"/p{number}")])[("paths", f"/p{number}")].line - 1]
        for number in range(5)
    )


TOKENS = sampled_from(["paths", "/p0", "/p1", "get", "tags", 0, 1, "x"])
TEXTS = [write(document(2)) for write in (as_json, as_yaml)]


@given(structures(lists(mapped(lists(TOKENS, max_size=5), tuple), max_size=8), 48))
def test_every_pointer_gets_a_place(pointers: list[tuple[str | int, ...]]) -> None:
    for text in TEXTS:
        assert locate_all(text, "x", pointers).keys() == set(pointers)


@pytest.mark.parametrize(
    ("write", "padding", "module", "reader"),
    [
        (as_json, "", json_values, "_places"),
        (as_json, PADDING, json_skim, "_members"),
        (as_yaml, "", yaml, "compose"),
        (as_yaml, PADDING, yaml_skim, "skim_yaml"),
        (as_yaml, PADDING, yaml_skim, "locate_yaml"),
    ],
    ids=["json", "large json", "yaml", "large yaml", "parts of large yaml"],
)
def test_hundreds_of_pointers_cost_one_pass_over_the_text(
    monkeypatch: pytest.MonkeyPatch, write: Callable[[Any], bytes], padding: str, module: Any, reader: str
) -> None:
    passes: list[int] = []
    read = getattr(module, reader)

    def counted(*given: Any, **more: Any) -> Any:
        text = given[1] if reader == "_members" else given[0]
        passes.append(len(given[0]) if reader == "_members" else len(text))
        return read(*given, **more)

    monkeypatch.setattr(module, reader, counted)
    data = write(document(300, padding))
    pointers = [("paths", f"/p{number}", "get", "tags", 0) for number in range(300)]

    found = locate_all(data, "x", pointers)

    assert len(set(found.values())) == 300
    levels = 5 if reader == "_members" else 1  # msgspec reads the text once for each level
    assert 0 < sum(passes) <= levels * len(data)


def test_a_finding_gets_its_line_for_a_code_frame_unless_that_is_too_long() -> None:
    data = b"\xef\xbb\xbfa: 1\r\nb: \xc3\xa9\nc: " + b"x" * 70_000
    locations = [
        Location("d", 1, 1),
        Location("d", 2, 4),
        Location("d", 3, 1),
        Location("d"),
        Location("e", 1, 1),
        None,
    ]

    framed = with_lines([Finding(rule="r", message="m", location=place) for place in locations], data, "d")

    assert [one.location.text if one.location else None for one in framed] == ["a: 1", "b: é", "", "", "", None]


@given(
    st.lists(st.sampled_from([b"\n", b"a", b"bb\n", b"\r\n"]), max_size=30).map(b"".join),
    st.integers(1, 8),
    st.data(),
)
def test_a_line_is_the_same_wherever_the_blocks_end_in_which_lines_are_counted(
    text: bytes, block: int, data: st.DataObject
) -> None:
    lines = text.split(b"\n")
    numbers = data.draw(st.sets(st.integers(1, len(lines))))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(places, "_BLOCK_BYTES", block)
        found = [Finding(rule="r", message="m", location=Location("d", number, 1)) for number in numbers]
        framed = with_lines(found, text, "d")
    assert {one.location.line: one.location.text for one in framed if one.location} == {
        number: lines[number - 1].decode().rstrip("\r") for number in numbers
    }
