import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.errors import DocumentError
from plugin_gateway.openapi.decode import text as text_module
from plugin_gateway.openapi.decode.json_skim import locate_by_skipping, skim_json
from plugin_gateway.openapi.decode.json_values import locate_json
from plugin_gateway.openapi.decode.places import tree_of
from plugin_gateway.openapi.decode.text import decode, skim
from plugin_gateway.openapi.decode.unread import Unread, sketch
from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.openapi.prune.pruned import prune
from tests.octets import dictionaries, lists, objects, one_of, sampled_from, structures
from tests.openapi.decode.made_up import keys, roots, values

PADDING = {"x-padding": "x" * 2000}
OPERATION = {"operationId": "a", "tags": ["t"], "responses": {"200": {"$ref": "#/components/responses/R"}}}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "A", "version": "1"},
    "paths": {
        "/a": {"get": OPERATION, "parameters": []},
        "/b/$ref": {"get": {**OPERATION, "operationId": "b"}},
        "/é": {},
    },
    "components": {"responses": {"R": {"description": "r"}}, "schemas": {"S": {"type": "string"}}},
}

texts = st.text(max_size=3) | st.sampled_from(["/a", "get", "$ref", '"', "\\", ":", "é"])
scalars = st.none() | st.booleans() | st.integers() | texts


@pytest.fixture(autouse=True)
def small_documents_are_worth_skimming(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_module, "WORTH_SKIMMING_BYTES", 2000)


def skimmed(text: str) -> Any:
    return skim_json(text.encode(), "d.json")


@given(root=structures(roots(2), 80, scalars), indent=st.none() | st.integers(0, 3), escapes=st.booleans())
def test_a_skimmed_document_equals_the_document_decoded_as_a_whole(
    root: Any, indent: int | None, escapes: bool
) -> None:
    text = json.dumps(root, indent=indent, ensure_ascii=escapes)

    found = skimmed(text)

    assert found is None or found == root
    if found is not None:
        assert list(found) == list(root)
        assert list(found["paths"]) == list(root["paths"])


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": "), (" ,\n", "\t:\r\n")])
@pytest.mark.parametrize("indent", [None, 2])
def test_operations_and_components_stay_text_however_they_are_laid_out(
    separators: tuple[str, str], indent: int | None
) -> None:
    found = skimmed(json.dumps(DOCUMENT, separators=separators, indent=indent, ensure_ascii=False) + "\n")

    assert isinstance(found["paths"]["/a"], Unread)
    assert found["paths"]["/a"].text_at("get") is not None
    assert found["components"]["schemas"].text_at("S") is not None
    assert found == DOCUMENT


@pytest.mark.parametrize(
    ("once", "twice"),
    [
        ('"info":', '"info":1,"info":'),
        ('"/a":', '"/a":{},"/a":'),
        ('"/a":', '"/b/$ref":{},"/a":'),
        ('"get":', '"get":{},"get":'),
        ('"parameters":[]', '"parameters":[],"parameters":[]'),
        ('"schemas":', '"schemas":{},"schemas":'),
        ('"S":', '"S":{"type":"string"},"S":'),
        ('"R":', '"\\u0052":{},"R":'),
    ],
)
def test_a_key_given_twice_is_found_and_located_where_operations_and_components_are_named(
    once: str, twice: str
) -> None:
    text = json.dumps(DOCUMENT | PADDING, separators=(",", ":"), ensure_ascii=False).replace(once, twice, 1)

    with pytest.raises(DocumentError) as caught:
        skim(text.encode(), "d.json")

    (finding,) = caught.value.findings
    assert finding.rule == "duplicate-key"
    assert finding.location is not None
    assert finding.location.line == 1
    assert finding.location.column is not None
    assert finding.location.column > 1


@pytest.mark.parametrize(
    ("before", "after", "rule"),
    [
        ('"tags":["t"]', '"tags":["t"],"tags":[]', "duplicate-key"),
        ('"tags":["t"]', '"tags":' + "[" * 198 + "]" * 198, "document-depth"),
    ],
)
def test_a_mistake_in_a_kept_operation_is_located_in_the_document(before: str, after: str, rule: str) -> None:
    text = json.dumps(DOCUMENT | PADDING, indent=0, separators=(",", ":")).replace("[\n", "[").replace("\n]", "]")
    root = skim(text.replace(before, after, 1).encode(), "d.json")

    with pytest.raises(DocumentError) as caught:
        prune(Document(root=root, name="d.json"), [OperationKey("GET", "/a")])

    (finding,) = caught.value.findings
    assert finding.rule == rule
    assert finding.location is not None
    assert finding.location.file == "d.json"
    if rule == "duplicate-key":
        assert finding.location.line == 1 + text[: text.index(before)].count("\n")


@pytest.mark.parametrize(
    "after",
    ['"type":"string",', '"type":"\x01"', '"type":"\\q"', '"type":01', '"type":NaN', '"type":{', '"type":[1 2]'],
)
def test_text_that_is_not_json_is_decoded_as_a_whole(after: str) -> None:
    text = json.dumps(DOCUMENT | PADDING, separators=(",", ":")).replace('"type":"string"', after).encode()

    assert outcome(skim, text) == outcome(decode, text)


def outcome(read: Callable[[bytes, str], Any], text: bytes) -> Any:
    try:
        return read(text, "d.json")
    except DocumentError as error:
        return error.findings


def test_bytes_that_are_not_utf_8_are_located_in_skipped_text_too() -> None:
    text = json.dumps(DOCUMENT | PADDING, ensure_ascii=False).encode() + b"\n"

    with pytest.raises(DocumentError, match="0xff is not UTF-8") as caught:
        skim(text.replace(b'"string"', b'"\xff"'), "d.json")

    assert caught.value.findings[0].location is not None
    assert caught.value.findings[0].location.line == 1


@pytest.mark.parametrize(
    "text", ["[]", "1", '{"paths": 1}', '{"paths": {"/a": 1}}', '{"components": []}', "{} {}", "{"]
)
def test_a_document_of_another_shape_is_not_skimmed(text: str) -> None:
    assert skimmed(text) is None


def test_a_small_document_is_read_as_a_whole() -> None:
    assert type(skim(json.dumps(DOCUMENT).encode(), "d.json")["paths"]["/a"]) is dict


def test_a_sketch_has_the_requested_fields_also_of_the_parts_of_all_of() -> None:
    schemas = {
        "S": {"allOf": [{"$ref": "#/a", "properties": {}}, {"discriminator": {"propertyName": "p"}}], "type": "object"},
        "T": {"allOf": [1]},
        "U": True,
    }
    found = skimmed(json.dumps({"components": {"schemas": schemas}}))["components"]["schemas"]
    fields = {"$ref", "allOf", "discriminator"}

    assert sketch(found, "S", fields) == {"allOf": [{"$ref": "#/a"}, {"discriminator": {"propertyName": "p"}}]}
    assert sketch(found, "T", fields) == {"allOf": [1]}
    assert sketch(found, "U", fields) is True
    assert found.text_at("S") is not None


@given(
    made=structures(
        objects(
            {
                "root": dictionaries(keys, values, max_size=3),
                "pointer": lists(one_of(keys, sampled_from([0, 1, 2, 3])), max_size=4),
            }
        ),
        48,
        scalars,
    ),
    indent=st.none() | st.integers(0, 2),
)
def test_skipping_finds_the_same_place_as_reading_the_whole_text(made: Any, indent: int | None) -> None:
    root, pointer = made["root"], made["pointer"]
    text = json.dumps({"a": root, "b": [[root]]}, indent=indent).encode()

    for tokens in [(*pointer,), ("a", *pointer), ("b", 0, 0, *pointer), ("b", "0", "1")]:
        wanted = tree_of([tokens])
        found = locate_by_skipping(text, "d.json", wanted)
        assert found is None or found == locate_json(text, "d.json", wanted)


def test_a_place_in_a_real_layout_is_found_by_skipping() -> None:
    text = json.dumps(DOCUMENT, indent=2).encode()

    for pointer in (
        ("paths", "/b/$ref", "get", "tags", "0"),
        ("components", "schemas", "S", "type"),
        ("paths", "/nowhere"),
    ):
        wanted = tree_of([pointer])
        assert locate_by_skipping(text, "d.json", wanted) == locate_json(text, "d.json", wanted)
    assert locate_by_skipping(b"{'a': 1}", "d.json", {"a": {}}) is None
