from typing import Any

import pytest

from plugin_gateway.shape.describe.body_trims import AS_JSON, AS_PAIRS, BodyTrims, encoding_of, is_trimmable

ENCODING = {
    "json": {"contentType": "Application/JSON; charset=utf-8"},
    "deep": {"style": "deepObject", "explode": True},
    "form": {"style": "form"},
    "odd": "json",
}


@pytest.mark.parametrize(
    ("key", "trims", "is_possible"),
    [
        ("application/json", {"drop": ["/a/b"]}, True),
        ("application/merge-patch+json", {"drop": ["/a/b"]}, True),
        ("*/*", {"drop": ["/a/b"]}, True),
        ("text/xml", {"drop": ["/a"]}, False),
        ("application/x-www-form-urlencoded", {"drop": ["/a"]}, True),
        ("multipart/form-data", {"drop": ["/a"], "keep": ["/b"], "fixed": {"/c": "x", "/d": ["x", "y"]}}, True),
        ("multipart/form-data", {"drop": ["/a/b"]}, False),
        ("multipart/form-data", {"drop": ["/form/b"]}, False),
        ("multipart/form-data", {"drop": ["/odd/b"]}, False),
        ("multipart/form-data", {"drop": ["/json/*/b"], "keep": ["/deep/*/b"]}, True),
        ("application/x-www-form-urlencoded", {"fixed": {"/json/*/b": {"c": 1}, "/deep/b": {"c": 1}}}, True),
        ("application/x-www-form-urlencoded", {"fixed": {"/json": {"c": 1}, "/deep": {"c": 1}}}, True),
        ("application/x-www-form-urlencoded", {"fixed": {"/deep/*/b": 1}}, False),
        ("multipart/form-data", {"keep": ["/*"]}, False),
        ("multipart/form-data", {"fixed": {"/a": {"b": 1}}}, False),
        ("multipart/form-data", {"fixed": {"/a": [[1]]}}, False),
    ],
)
def test_json_can_be_changed_anywhere_and_forms_where_a_field_says_how_it_is_written(
    key: str, trims: dict[str, Any], is_possible: bool
) -> None:
    def tokens(pointer: str) -> tuple[str, ...]:
        return tuple(pointer.split("/")[1:])

    made = BodyTrims(
        keep=frozenset(map(tokens, trims.get("keep", ()))) or None,
        drop=frozenset(map(tokens, trims.get("drop", ()))),
        fixed={tokens(pointer): value for pointer, value in trims.get("fixed", {}).items()},
    )
    assert is_trimmable(key, {"encoding": ENCODING}, made) == is_possible


def test_the_encoding_says_how_a_field_holds_an_object() -> None:
    encodings = {name: encoding_of({"encoding": ENCODING}, name) for name in (*ENCODING, "other")}
    assert encodings == {"json": AS_JSON, "deep": AS_PAIRS, "form": "", "odd": "", "other": ""}
    assert encoding_of({"encoding": []}, "json") == ""


def test_clients_see_a_field_of_which_a_part_stays() -> None:
    trims = BodyTrims(keep=frozenset({("a", "b"), ("c",)}), drop=frozenset({("c",)}), fixed={("a", "x"): 1})
    assert [trims.leaves(name) for name in ("a", "b", "c")] == [True, False, False]
