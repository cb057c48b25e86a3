import math
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.errors import DocumentError
from plugin_gateway.openapi.decode.extent import MAX_DEPTH
from plugin_gateway.openapi.decode.places import nearest, tree_of
from plugin_gateway.openapi.decode.yaml_values import decode_yaml, locate_yaml
from tests.octets import dictionaries, lists, mapped, one_of, pooled, recursive, structures

TEXTS = st.text(max_size=9)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
KEYS = mapped(pooled, lambda value: value if isinstance(value, str) else repr(value))
JSON = structures(
    recursive(pooled, lambda inner: one_of(lists(inner, max_size=4), dictionaries(KEYS, inner, max_size=4)), depth=3),
    64,
    SCALARS,
)


def decoded(text: str) -> Any:
    return decode_yaml(text.encode(), "api.yaml")


def refusal(text: str) -> tuple[str, str]:
    with pytest.raises(DocumentError) as caught:
        decoded(text)
    finding = caught.value.findings[0]
    return finding.rule, str(finding.location)


@given(JSON, st.booleans())
def test_the_output_of_yaml_writers_is_read_back(value: Any, flow: bool) -> None:
    text = yaml.dump(value, Dumper=yaml.SafeDumper, default_flow_style=flow, sort_keys=False, default_style='"')

    assert decode_yaml(text.encode(), "x") == value


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        ("012", 12),
        ("on", "on"),
        ("~", None),
        ("'12'", "12"),
        ('"true"', "true"),
        ("!!str 12", "12"),
        ("! 12", "12"),
        ("!!int '12'", 12),
        ("!!float 3.5", 3.5),
        ("!!null ''", None),
        ("!!timestamp 2024-01-31", "2024-01-31"),
    ],
)
def test_scalars_have_the_values_of_the_core_schema(scalar: str, value: Any) -> None:
    found = decoded(f"a: {scalar}")["a"]

    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("scalar", [".inf", "1e999", "9" * 400])
def test_numbers_that_json_cannot_express_are_refused(scalar: str) -> None:
    assert refusal(f"a: 1\nb: {scalar}") == ("document-number", "api.yaml:2:4")


@pytest.mark.parametrize("key", ["200", "yes", "1.0", "0x1f", "null", "2024-01-31", "012", "true", "'a b'", '"x"'])
def test_keys_are_texts_as_they_are_written(key: str) -> None:
    assert decoded(f"{key}: 1") == {key.strip("'\""): 1}


def test_an_alias_repeats_the_same_value() -> None:
    value = decoded("a: &x {b: [1]}\nc: *x\nd: &y text\n*y : 2\ne: &z 5\nf: *z")

    assert value == {"a": {"b": [1]}, "c": {"b": [1]}, "d": "text", "text": 2, "e": 5, "f": 5}
    assert value["a"] is value["c"]


def test_a_plain_text_met_before_can_still_be_anchored() -> None:
    assert decoded("a: text\nb: &x text\nc: *x") == {"a": "text", "b": "text", "c": "text"}


def test_an_anchor_can_be_given_anew() -> None:
    assert decoded("a: &x 1\nb: *x\nc: &x 2\nd: *x") == {"a": 1, "b": 1, "c": 2, "d": 2}


def test_merge_keys_yield_to_own_keys_and_to_earlier_mappings() -> None:
    text = "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: {z: 3, <<: [*a, *b]}\nd: {<<: *a, y: 4}"

    assert decoded(text)["c"] == {"x": 1, "y": 1, "z": 3}
    assert decoded(text)["d"] == {"x": 1, "y": 4}
    assert decoded(text)["a"] == {"x": 1, "y": 1}


def test_a_quoted_merge_key_is_a_key() -> None:
    assert decoded("'<<': {a: 1}") == {"<<": {"a": 1}}


@pytest.mark.parametrize(
    ("text", "rule", "location"),
    [
        ("a: 1\nb: 2\na: 3", "duplicate-key", "api.yaml:3:1"),
        ("x: {200: 1, '200': 2}", "duplicate-key", "api.yaml:1:13"),
        ("k: &k a\na: 1\n*k : 2", "duplicate-key", "api.yaml:3:1"),
        ("a: &a {}\nb: {<<: *a, <<: *a}", "duplicate-key", "api.yaml:2:13"),
        ("a: {<<: 5}", "merge-key", "api.yaml:1:9"),
        ("a: {<<: [{b: 1}, c]}", "merge-key", "api.yaml:1:19"),
        ("a: *nope", "document-alias", "api.yaml:1:4"),
        ("a: &x [*x]", "document-alias", "api.yaml:1:8"),
        ("a: &x 1\nb: &x {c: *x}", "document-alias", "api.yaml:2:11"),
        ("? [a]\n: b", "document-key", "api.yaml:1:3"),
        ("a: &x [1]\n*x : b", "document-key", "api.yaml:2:1"),
        ("a: 1\n---\nb: 2", "document-stream", "api.yaml:2:1"),
        ("a:\n\t- b", "document-syntax", "api.yaml:2:1"),
        ("a: 'b", "document-syntax", "api.yaml:1:6"),
        ("a: [b\nc: d", "document-syntax", "api.yaml:2:2"),
        ('a: "\\ud83d"', "document-syntax", "api.yaml:1:7"),
        ("a: b\nc: \x07", "document-characters", "api.yaml:2:4"),
        ("é: \x00", "document-characters", "api.yaml:1:4"),
    ],
)
def test_each_mistake_is_refused_at_its_place(text: str, rule: str, location: str) -> None:
    assert refusal(text) == (rule, location)


@pytest.mark.parametrize(
    "tagged",
    ["!!python/object/apply:os.system ['touch x']", "!Sub text", "!!set {a, b}", "!!python/name:os.system ''", "!x {}"],
)
def test_tags_are_refused_and_never_acted_on(tagged: str) -> None:
    assert refusal(f"x: {tagged}") == ("document-tag", "api.yaml:1:4")


def test_a_tagged_key_is_refused() -> None:
    assert refusal("!Ref x: 1") == ("document-tag", "api.yaml:1:1")


def test_every_mistake_is_in_one_report() -> None:
    with pytest.raises(DocumentError) as caught:
        decoded("a: 1\na: 2\nb: .nan\nc: !x 1")

    assert [finding.rule for finding in caught.value.findings] == ["duplicate-key", "document-number", "document-tag"]


def test_an_alias_bomb_is_refused_before_it_goes_off() -> None:
    lines = ["l0: &l0 [x,x,x,x,x,x,x,x,x,x]"]
    lines += [f"l{n}: &l{n} [{','.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 9)]

    assert refusal("\n".join(lines))[0] == "document-size"


def test_a_bomb_of_merge_keys_is_refused() -> None:
    wide = ", ".join(f"k{n}: 1" for n in range(2000))
    text = f"a: &a {{{wide}}}\n" + "\n".join(f"b{n}: {{<<: *a}}" for n in range(3000))

    assert refusal(text)[0] == "document-size"


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ("{a: ", "}")])
@pytest.mark.parametrize("levels", [MAX_DEPTH + 1, 20_000])
def test_absurd_nesting_is_refused(opening: str, closing: str, levels: int) -> None:
    assert refusal(opening * levels + "x" + closing * levels)[0] == "document-depth"


def test_the_greatest_allowed_depth_is_read() -> None:
    value = decoded("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    for _ in range(MAX_DEPTH - 1):
        value = value[0]

    assert value == []


@pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n", "null"])
def test_an_empty_text_decodes_to_null(text: str) -> None:
    assert decoded(text) is None


def test_a_version_directive_changes_nothing() -> None:
    assert decoded("%YAML 1.1\n---\na: on\n...\n") == {"a": "on"}


def test_carriage_returns_are_line_breaks() -> None:
    assert decoded("a: 1\r\nb:\r\n  - |\r\n    x\r\n    y\r\n") == {"a": 1, "b": ["x\ny\n"]}


@given(st.binary(max_size=60))
def test_no_bytes_raise_anything_but_a_document_error(data: bytes) -> None:
    try:
        value = decode_yaml(data, "x")
    except DocumentError:
        return
    assert not isinstance(value, float) or math.isfinite(value)


@pytest.mark.parametrize(
    ("pointer", "location"),
    [
        ((), "x:1:1"),
        (("b",), "x:2:1"),
        (("b", 1, "d"), "x:4:5"),
        (("b", "0"), "x:3:5"),
        (("b", 1, "nope"), "x:4:5"),
        (("b", 7), "x:2:1"),
        (("b", "\u00b2"), "x:2:1"),
        (("b", "9" * 5000), "x:2:1"),
        (("a", "deeper"), "x:1:1"),
        (("200",), "x:5:1"),
    ],
)
def test_a_pointer_is_located_at_its_key_or_item(pointer: tuple[str | int, ...], location: str) -> None:
    found = locate_yaml(b"a: 1\nb:\n  - c\n  - d: 2\n200: x", "x", tree_of([pointer]))
    assert str(nearest(found, pointer)) == location


def test_an_empty_text_is_located_as_the_file() -> None:
    assert str(locate_yaml(b"", "x", {"a": {}})[()]) == "x"
