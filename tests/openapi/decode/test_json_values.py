import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from plugin_gateway.errors import DocumentError
from plugin_gateway.openapi.decode import json_values
from plugin_gateway.openapi.decode.extent import MAX_DEPTH
from plugin_gateway.openapi.decode.json_values import decode_json, locate_json
from plugin_gateway.openapi.decode.places import nearest, tree_of
from tests.octets import lists, mapped, objects, one_of, pooled, recursive, sampled_from, structures

TEXTS = st.text(st.sampled_from('"\\: \n/uaé{}[],0"'), max_size=4)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS


def spelt(text: str, escaped: bool) -> str:
    return '"' + "".join(f"\\u{ord(c):04x}" for c in text) + '"' if escaped else json.dumps(text)


SPACE = sampled_from(["", " ", "\n", "\t "])
KEYS = mapped(lists(pooled, min_size=2, max_size=2), lambda two: spelt(str(two[0]), bool(two[1])))
JSON_TEXTS = structures(
    recursive(
        one_of(mapped(pooled, json.dumps), KEYS),
        lambda inner: one_of(
            mapped(
                lists(objects({"key": KEYS, "gap": SPACE, "value": inner}), max_size=4),
                lambda pairs: "{" + ",".join(f"{pair['key']}{pair['gap']}:{pair['value']}" for pair in pairs) + "}",
            ),
            mapped(lists(inner, max_size=3), lambda items: f"[{', '.join(items)}]"),
        ),
        depth=3,
    ),
    64,
    SCALARS,
)


def refusal(text: str) -> tuple[str, str]:
    with pytest.raises(DocumentError) as caught:
        decode_json(text.encode(), "api.json")
    finding = caught.value.findings[0]
    return finding.rule, str(finding.location)


def repeats_keys(text: str) -> bool:
    found = []

    def check(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found.append(len(dict(pairs)) != len(pairs))
        return dict(pairs)

    json.loads(text, object_pairs_hook=check)
    return any(found)


@given(JSON_TEXTS)
@example('{"a":1,"a":2}')
@example('{"a":1,"a":"\\u003a"}')
@example('{"a\\\\":1,"a\\\\":2}')
@example('{"a":":","b":"\\":","a" :1}')
def test_duplicate_keys_are_refused_and_other_json_is_read_as_the_standard_library_does(text: str) -> None:
    if repeats_keys(text):
        assert refusal(text)[0] == "duplicate-key"
    else:
        assert decode_json(text.encode(), "x") == json.loads(text)


def test_documents_without_duplicates_are_not_read_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_values, "_has_duplicates", lambda data: pytest.fail("the slow way was taken"))

    assert decode_json(rb'{"a": {"b": ":x", "c": "\"", "e": "\\", "d": [1, "\u00e9"]}}', "x")["a"]["b"] == ":x"


@pytest.mark.parametrize(
    ("text", "locations"),
    [
        ('{"a": 1,\n "b": 2,\n "a": 3}', ["x:3:2"]),
        ('{"a": {"k": 1}, "b": {"k": 1}, "c": [{"k": 1}, {"k": 1}]}'.replace('"b"', '"a"'), ["x:1:17"]),
        ('{"a": [{"k": 1, "k": 2}], "\\u0061": [], "é": 1, "é": 2}', ["x:1:17", "x:1:27", "x:1:49"]),
        ('{"a" : 1, "a": {"b": 1, "b": 2}}', ["x:1:11", "x:1:25"]),
    ],
)
def test_every_duplicate_is_located(text: str, locations: list[str]) -> None:
    with pytest.raises(DocumentError) as caught:
        decode_json(text.encode(), "x")

    assert [str(finding.location) for finding in caught.value.findings] == locations


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, -9223372036854776000, 2**64, 10**30, -(10**30), 2**63 - 1])
def test_whole_numbers_stay_exact(number: int) -> None:
    value = decode_json(f'{{"a": [{number}], "b": 1e20}}'.encode(), "x")

    assert value == {"a": [number], "b": 1e20}
    assert type(value["a"][0]) is int


@pytest.mark.parametrize(
    ("text", "rule", "location"),
    [
        ('{"a": 1,}', "document-syntax", "api.json:1:8"),
        ('{"a": NaN}', "document-syntax", "api.json:1:7"),
        ('{"a":\n 1e999}', "document-syntax", "api.json:2:2"),
        ('{"a": "\\ud83d"}', "document-syntax", "api.json:1:8"),
        ('{"a": 1} x', "document-syntax", "api.json:1:10"),
        ("[" * 100_000, "document-depth", "api.json:1:1026"),
        ("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), "document-depth", "api.json"),
        ("[" + "0," * 5_000_000 + "0]", "document-size", "api.json"),
    ],
)
def test_each_mistake_is_refused_at_its_place(text: str, rule: str, location: str) -> None:
    assert refusal(text) == (rule, location)


def test_the_greatest_allowed_depth_is_read() -> None:
    assert decode_json(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, "x")


@pytest.mark.parametrize(
    ("pointer", "location"),
    [
        ((), "x:1:1"),
        (("b",), "x:2:2"),
        (("b", 1, "d"), "x:2:12"),
        (("b", "0"), "x:2:8"),
        (("b", 1, "nope"), "x:2:11"),
        (("b", 9), "x:2:2"),
        (("nope", "a"), "x:1:1"),
        (("é", "a"), "x:3:8"),
    ],
)
def test_a_pointer_is_located_at_its_key_or_item(pointer: tuple[str | int, ...], location: str) -> None:
    data = '{"a": {},\n "b": [1, {"d": 2}],\n "é": {"a": 1}}'.encode()

    assert str(nearest(locate_json(data, "x", tree_of([pointer])), pointer)) == location


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ('{\n  // mine\n  "a": 1}', "JSON has no comments: remove it"),
        ('{"a": /* mine */ 1}', "JSON has no comments: remove it"),
        ('{"a": 1,}', ""),
    ],
)
def test_the_hint_for_a_comment_says_that_json_has_none(text: str, hint: str) -> None:
    with pytest.raises(DocumentError) as caught:
        decode_json(text.encode(), "api.json")
    assert caught.value.findings[0].hint == hint
