import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.openapi.refs import (
    RefError,
    escape,
    find_anchors,
    is_local,
    join_pointer,
    resolve,
    split_pointer,
    to_ref,
    unescape,
    walk,
)

TOKENS = st.lists(st.text(max_size=8), max_size=5).map(tuple)


@given(st.text())
def test_unescaping_undoes_escaping(token: str) -> None:
    assert unescape(escape(token)) == token
    assert "/" not in escape(token)


@given(TOKENS)
def test_splitting_undoes_joining(tokens: tuple[str, ...]) -> None:
    assert split_pointer(join_pointer(tokens)) == tokens


@given(TOKENS)
def test_a_reference_made_of_tokens_resolves_to_them(tokens: tuple[str, ...]) -> None:
    value: object = "found"
    for token in reversed(tokens):
        value = {token: value}
    root = {"paths": value}

    assert resolve(root, to_ref(("paths", *tokens))) == (("paths", *tokens), "found")


def test_tilde_one_inside_tilde_zero_stays() -> None:
    assert unescape("~01") == "~1"


def test_a_pointer_begins_with_a_slash() -> None:
    with pytest.raises(ValueError, match="must begin"):
        split_pointer("paths")


@pytest.mark.parametrize("ref", ["#/paths/~1a~1%7Bid%7D/get", "#/paths/~1a~1{id}/get", "#/%70aths/~1a~1%7bid%7d/get"])
def test_fragments_are_percent_decoded_before_they_are_split(ref: str) -> None:
    root = {"paths": {"/a/{id}": {"get": "here"}}}

    assert resolve(root, ref) == (("paths", "/a/{id}", "get"), "here")


@pytest.mark.parametrize("index", ["-1", "+1", "01", "1 ", "-", "\u0661", "\u00b2", "9" * 5000, "2", "9" * 30, ""])
def test_an_array_index_has_one_spelling(index: str) -> None:
    with pytest.raises(LookupError):
        walk({"a": [1, 2]}, ("a", index))


def test_an_array_index_is_followed() -> None:
    assert walk({"a": [1, 2]}, ("a", "1")) == 2
    assert walk({"a": [1, 2]}, ("a", "0")) == 1


@pytest.mark.parametrize(
    ("ref", "reason"),
    [
        ("#/components/schemas/Nope", "points at nothing"),
        ("#/info/title/deeper", "points at nothing"),
        ("#nope", "names the anchor"),
        ("other.yaml#/A", "is outside this document"),
        ("http://127.0.0.1:9/x", "is outside this document"),
        ("file:///etc/passwd", "is outside this document"),
        ("http://[::1/x#y", "is outside this document"),
    ],
)
def test_the_error_for_a_missing_target_has_a_reason(ref: str, reason: str) -> None:
    with pytest.raises(RefError, match=reason) as caught:
        resolve({"info": {"title": "t"}}, ref)

    assert caught.value.ref == ref


def test_only_fragments_are_local() -> None:
    assert is_local("#/a")
    assert not is_local("a.yaml#/a")


SCHEMAS = {
    "openapi": "3.1.0",
    "components": {
        "schemas": {
            "Plain": {"$anchor": "plain", "type": "string"},
            "Own": {
                "$id": "https://schemas.test/own.json",
                "$anchor": "top",
                "$defs": {"Inner": {"type": "integer"}, "Far": {"$id": "far.json", "$dynamicAnchor": "node"}},
            },
            "Listed": {"allOf": [{}, {"$anchor": "listed"}]},
            "Data": {"example": {"$anchor": "false-friend"}, "properties": {"example": {"$anchor": "property"}}},
        }
    },
}
OWN = ("components", "schemas", "Own")


@pytest.mark.parametrize(
    ("ref", "at", "tokens"),
    [
        ("#plain", (), ("components", "schemas", "Plain")),
        ("https://schemas.test/own.json", (), OWN),
        ("https://schemas.test/own.json#top", (), OWN),
        ("https://schemas.test/own.json#/$defs/Inner", (), (*OWN, "$defs", "Inner")),
        ("https://schemas.test/far.json#node", (), (*OWN, "$defs", "Far")),
        ("far.json", OWN, (*OWN, "$defs", "Far")),
        ("#/$defs/Inner", OWN, (*OWN, "$defs", "Inner")),
        ("#", (*OWN, "$defs", "Inner"), OWN),
        ("#", (), ()),
        ("#listed", (), ("components", "schemas", "Listed", "allOf", "1")),
        ("#/components/schemas/Plain", OWN, ("components", "schemas", "Plain")),
        ("#property", (), ("components", "schemas", "Data", "properties", "example")),
    ],
)
def test_names_that_schemas_give_themselves_resolve_where_they_hold(
    ref: str, at: tuple[str, ...], tokens: tuple[str, ...]
) -> None:
    assert resolve(SCHEMAS, ref, at=at).tokens == tokens


@pytest.mark.parametrize("ref", ["#top", "#false-friend", "#node"])
def test_anchors_of_other_resources_and_of_data_do_not_hold(ref: str) -> None:
    with pytest.raises(RefError):
        resolve(SCHEMAS, ref)


def test_the_first_of_two_equal_anchors_has_the_name() -> None:
    root = {"components": {"schemas": {"A": {"$anchor": "x"}, "B": {"$anchor": "x"}}}}

    assert find_anchors(root).names["", "x"] == ("components", "schemas", "A")


def test_anchors_are_found_however_deep() -> None:
    schema: dict[str, object] = {"$anchor": "deep"}
    for _ in range(5000):
        schema = {"items": schema}

    assert len(find_anchors({"components": {"schemas": {"A": schema}}}).names["", "deep"]) == 5003


def test_a_document_with_a_self_is_found_by_it() -> None:
    root = {"$self": "https://api.test/openapi.json", "components": {"schemas": {"A": {"type": "string"}}}}

    assert resolve(root, "https://api.test/openapi.json#/components/schemas/A").value == {"type": "string"}


def test_an_id_that_is_no_uri_is_only_a_name() -> None:
    root = {"components": {"schemas": {"A": {"$id": "http://[::1/x"}}}}

    assert resolve(root, "http://[::1/x#").tokens == ("components", "schemas", "A")
