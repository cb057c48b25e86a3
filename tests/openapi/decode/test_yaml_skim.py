from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.errors import DocumentError
from plugin_gateway.openapi.decode import text as text_module
from plugin_gateway.openapi.decode.places import tree_of
from plugin_gateway.openapi.decode.text import decode, skim
from plugin_gateway.openapi.decode.unread import Unread, holds_mapping, sketch
from plugin_gateway.openapi.decode.yaml_skim import locate_by_cutting, skim_yaml
from plugin_gateway.openapi.decode.yaml_values import decode_yaml, locate_yaml
from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.openapi.prune.pruned import prune
from tests.narrow import present
from tests.octets import structures
from tests.openapi.decode.made_up import roots

if TYPE_CHECKING:
    from collections.abc import Callable

TEXT = b"""\
# An API
---
openapi: "3.0.3"   # the version
info: {title: A, version: "1"}
servers:
- url: https://api.example.com
paths:   # by path
  /a/{id}:
    # read it
    get:
      operationId: getA
      tags:
        - t
        - u
      description: |
        Keys in a block:
          paths:
        are text.

      responses: {"200": {$ref: "#/components/responses/R"}}

    parameters:
    - {name: id, in: path, required: true, schema: {type: string}}
  "/b:batch":
    'post':
      operationId: 'b'
      summary: "goes
        on"
      responses:
        '200':
          $ref: '#/components/responses/R'
    summary: two
      lines
components:
  responses:
    R:
      description: r
  schemas:
    S: {type: string}
    T:
      allOf:
        - $ref: '#/components/schemas/S'
"""
PADDING = b"x-padding: " + b"x" * 2000 + b"\n"


@pytest.fixture(autouse=True)
def small_documents_are_worth_skimming(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_module, "WORTH_SKIMMING_BYTES", len(PADDING))


def test_a_skimmed_document_equals_the_whole_one_in_the_same_order() -> None:
    found = skim_yaml(TEXT, "d.yaml")
    assert found is not None
    assert isinstance(found["paths"]["/a/{id}"], Unread)
    assert list(found["paths"]["/a/{id}"]) == ["get", "parameters"]
    assert holds_mapping(found["paths"]["/a/{id}"], "get")
    assert not holds_mapping(found["paths"]["/a/{id}"], "parameters")
    assert sketch(found["paths"]["/a/{id}"], "get", {"operationId", "tags"}) == {
        "operationId": "getA",
        "tags": ["t", "u"],
    }
    assert json.dumps(whole(found)) == json.dumps(decode_yaml(TEXT, "d.yaml"))


def test_the_maps_of_2_0_are_skimmed() -> None:
    found = skim_yaml(
        b"swagger: '2.0'\npaths:\n  /a:\n    get:\n      x: 1\ndefinitions:\n  S:\n    type: string\n", "d.yaml"
    )
    assert found is not None
    assert isinstance(found["definitions"], Unread)
    assert whole(found) == {
        "swagger": "2.0",
        "paths": {"/a": {"get": {"x": 1}}},
        "definitions": {"S": {"type": "string"}},
    }


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"  /a/{id}:", b"  /a/{id}: &a"),
        (b"- url: https://api.example.com", b"- *server"),
        (b"    summary: two", b"    post:"),
        (b"  /a/{id}:\n", b"  ? /a/{id}\n  :\n"),
        (b'  "/b:batch":\n', b'  "/b\\x3abatch":\n'),
        (b'summary: "goes\n        on"', b'summary: "goes\n  /c:\n    get: on"'),
        (b"two\n", b"two\xe2\x80\xa8  /d:\n"),
        (b"  schemas:", b"   schemas:"),
        (b"components:", b"...\ncomponents:"),
        (b"    S: {type: string}", b"    S: {type: string"),
        (b"  /a/{id}:\n", b"  <<: {}\n  /a/{id}:\n"),
        (b"paths:   # by path", b"paths: !!map"),
        (b"/b:batch", b"/a/{id}"),
        (b"    S:", b"    T: {}\n    T:"),
    ],
)  # fmt: skip
def test_a_document_that_cannot_be_cut_for_sure_is_not_skimmed(old: bytes, new: bytes) -> None:
    assert old in TEXT
    assert skim_yaml(TEXT.replace(old, new, 1), "d.yaml") is None


POINTERS = [
    ("openapi",),
    ("info", "title"),
    ("servers", 0, "url"),
    ("paths",),
    ("paths", "/a/{id}"),
    ("paths", "/a/{id}", "get"),
    ("paths", "/a/{id}", "get", "tags", 1),
    ("paths", "/b:batch", "post", "responses", "200"),
    ("paths", "/b:batch", "get"),
    ("paths", "/nowhere", "get"),
    ("components", "schemas", "T", "allOf", 0, "$ref"),
    ("components", "schemas", "S"),
    ("nothing",),
    (),
]


@pytest.mark.parametrize("pointers", [POINTERS, *([pointer] for pointer in POINTERS)])
def test_a_place_in_a_part_is_the_place_in_the_whole(pointers: list[tuple[Any, ...]]) -> None:
    wanted = tree_of(pointers)
    assert locate_by_cutting(TEXT, "d.yaml", wanted) == locate_yaml(TEXT, "d.yaml", wanted)


def test_no_place_is_found_in_a_document_that_cannot_be_cut() -> None:
    assert locate_by_cutting(b"{a: 1}", "d.yaml", {"a": {}}) is None


def test_text_in_asterisks_is_no_alias() -> None:
    assert skim_yaml(TEXT.replace(b"are text.", b"are **text** of *this* kind, not * that."), "d.yaml") is not None


def test_a_mistake_in_an_unread_part_is_found_when_it_is_read() -> None:
    text = TEXT.replace(b"      tags:\n", b"      tags: []\n      tags:\n")
    found = skim_yaml(text, "d.yaml")
    assert found is not None
    with pytest.raises(DocumentError) as caught:
        found["paths"]["/a/{id}"]["get"]
    (finding,) = caught.value.findings
    assert (finding.rule, present(finding.location).line) == ("duplicate-key", 13)


@pytest.mark.parametrize("line", [b"    x: ]\n", b"    x: {\n", b"\tx: 1\n", b"    - a\n"])
def test_invalid_yaml_is_refused_in_any_part(line: bytes) -> None:
    text = TEXT.replace(b"    summary: two\n", line + b"    summary: two\n") + PADDING
    with pytest.raises(DocumentError):
        skim(text, "d.yaml")


def test_a_skimmed_document_and_a_whole_one_are_pruned_to_the_same_document() -> None:
    text = TEXT + PADDING
    skimmed, read = skim(text, "d.yaml"), decode(text, "d.yaml")
    assert isinstance(skimmed["paths"]["/a/{id}"], Unread)
    kept = [OperationKey("GET", "/a/{id}")]
    pruned = [prune(Document(root=root, name="d.yaml"), kept).root for root in (skimmed, read)]
    assert json.dumps(pruned[0]) == json.dumps(pruned[1])


texts = st.text(max_size=4) | st.sampled_from(
    ["/a", "get", "a: b", "a #b", "- a", "*a", "&a", "'", '"', "a\nb", "\n", "x\n  y\n"]
)
scalars = st.none() | st.booleans() | st.integers() | texts
styles = st.fixed_dictionaries(
    {
        "default_style": st.sampled_from([None, "'", '"', "|", ">"]),
        "default_flow_style": st.booleans() | st.none(),
        "indent": st.integers(2, 5),
        "width": st.integers(5, 60),
        "allow_unicode": st.booleans(),
    }
)


@given(root=structures(roots(3), 96, scalars), style=styles)
def test_a_document_in_any_style_equals_the_document_decoded_as_a_whole(
    root: dict[str, Any], style: dict[str, Any]
) -> None:
    text = yaml.safe_dump(root, sort_keys=False, **style).encode(errors="surrogatepass")
    found = skim_yaml(text, "d.yaml")
    if found is not None:
        assert json.dumps(whole(found)) == json.dumps(decode_yaml(text, "d.yaml"))


PIECES = [b"\n", b" ", b"  ", b"\n  ", b"\n    ", b":", b": ", b"- ", b'"', b"'", b"|\n", b">", b"#", b" # ", b"{", b"}", b"[", b"]",
          b",", b"? ", b"!a ", b"%", b"\t", b"\r", b"\r\n", b"---\n", b"...\n", b"a", b"/c:\n", b"get:\n", b"<<: ", b"\xc2\x85"]  # fmt: skip


@given(seed=st.integers(0, 2**64))
def test_skimming_and_decoding_a_mutated_text_have_the_same_outcome(seed: int) -> None:
    draw = random.Random(seed)
    text = TEXT
    for _ in range(draw.randint(1, 4)):
        at = draw.randrange(len(text))
        text = text[:at] + draw.choice([b"", *PIECES]) + text[at + draw.choice([0, 0, 1, 2, 9]) :]
    # `skim_yaml` is given UTF-8; a cut may have left half a character.
    if text.decode(errors="ignore").encode() != text or (found := skim_yaml(text, "d.yaml")) is None:
        return
    # Reading a well-formed part reports the same mistakes as reading the whole document.
    assert outcome(lambda: whole(found)) == outcome(lambda: decode_yaml(text, "d.yaml"))


def test_a_key_that_begins_with_dashes_and_a_hash_is_no_start_of_a_document() -> None:
    assert skim_yaml(b"---#a: 1\nb: 2\n", "d.yaml") is None
    assert skim_yaml(b"--- # a\nb: 2\n", "d.yaml") == {"b": 2}


def test_a_document_with_a_bad_part_is_decoded_as_a_whole_so_that_all_of_it_is_reported() -> None:
    assert skim_yaml(b"a: !x 1\nb: [\n", "d.yaml") is None


def outcome(read: Callable[[], Any]) -> Any:
    try:
        return json.dumps(read())
    except DocumentError as error:
        return error.findings


def whole(value: Any) -> Any:
    """Build a skimmed value as plain values."""
    if isinstance(value, dict):
        return {key: whole(value[key]) for key in value}
    return [whole(item) for item in value] if isinstance(value, list) else value
