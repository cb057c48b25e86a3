import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.openapi.refs import Tokens
from plugin_gateway.shape.pointer import pointers_of, tokens_of
from plugin_gateway.shape.request.json_edit import WrongTypeError, compile_edit, edit


def edited(
    text: bytes,
    *,
    keep: list[str] | None = None,
    drop: list[str] | None = None,
    fixed: dict[str, Any] | None = None,
    arrays: list[str] | None = None,
) -> bytes:
    values = {tokens_of(pointer): json.dumps(value).encode() for pointer, value in (fixed or {}).items()}
    kept = None if keep is None else pointers_of(keep)
    return edit(text, compile_edit(kept, pointers_of(drop or []), values, pointers_of(arrays or [])))


@pytest.mark.parametrize(
    ("text", "drop", "expected"),
    [
        (b'{"a": 1.10, "b":2 }', ["/b"], b'{"a": 1.10}'),
        (b'{"b":2,"a":1e400}', ["/b"], b'{"a":1e400}'),
        (b'{"b":2}', ["/b"], b"{}"),
        (b' {"a": 1 } ', ["/b"], b' {"a": 1 } '),
        (b'{"a":{"b":1,"c":12345678901234567890123}}', ["/a/b"], b'{"a":{"c":12345678901234567890123}}'),
        (b'{"a":[{"b":1},{"b":2,"c":3},4]}', ["/a/*/b"], b'{"a":[{},{"c":3},4]}'),
        (b'{"x":{"b":1},"y":{"b":1}}', ["/*/b"], b'{"x":{},"y":{}}'),
        (rb'{"\u0062":1,"a":"\u0062"}', ["/b"], rb'{"a":"\u0062"}'),
        (b'{"Admin":1,"ADMIN":2,"name":3}', ["/admin"], b'{"name":3}'),
        ('{"\u017fecret":1}'.encode(), ["/secret"], b"{}"),
        (b'{"a/b":1,"c~d":2}', ["/a~1b", "/c~0d"], b"{}"),
        (b'{"a":"}{,\\"b\\":1"}', ["/b"], b'{"a":"}{,\\"b\\":1"}'),
        (b'[{"b":1},[2]]', ["/*/b"], None),
        (b'{"a":[1,2,3]}', ["/b"], b'{"a":[1,2,3]}'),
        (b"7", ["/b"], b"7"),
    ],
)
def test_dropped_members_go_and_all_other_bytes_stay(text: bytes, drop: list[str], expected: bytes | None) -> None:
    if expected is None:
        with pytest.raises(WrongTypeError):
            edited(text, drop=drop)
    else:
        assert edited(text, drop=drop) == expected


@pytest.mark.parametrize(
    ("text", "keep", "expected"),
    [
        (b'{"a":1,"b":2}', ["/a"], b'{"a":1}'),
        (b'{"user":{"login":1,"key":2},"c":3}', ["/user/login"], b'{"user":{"login":1}}'),
        (b'{"l":[{"a":1,"b":2}]}', ["/l/*/a"], b'{"l":[{"a":1}]}'),
        (b'{"l":[{"a":1,"b":2}]}', ["/l"], b'{"l":[{"a":1,"b":2}]}'),
        (b'[{"a":1,"b":2}]', ["/*/a"], b'[{"a":1}]'),
    ],
)
def test_only_kept_members_stay(text: bytes, keep: list[str], expected: bytes) -> None:
    assert edited(text, keep=keep) == expected


@pytest.mark.parametrize(
    ("text", "fixed", "expected"),
    [
        (b"{}", {"/tenant": "a"}, b'{"tenant":"a"}'),
        (b'{"x":1}', {"/tenant": "a"}, b'{"x":1,"tenant":"a"}'),
        (b'{"tenant":"evil","TENANT":1,"x":1}', {"/tenant": "a"}, b'{"x":1,"tenant":"a"}'),
        (b'{"x":1}', {"/o/p/tenant": 7, "/o/q": 8}, b'{"x":1,"o":{"p":{"tenant":7},"q":8}}'),
        (b'{"o":{"p":{"z":1}}}', {"/o/p/tenant": 7}, b'{"o":{"p":{"z":1,"tenant":7}}}'),
        (b'{"l":[{},{"t":2}]}', {"/l/*/t": 1}, b'{"l":[{"t":1},{"t":1}]}'),
        (b'{"x":1}', {"/l/*/t": 1}, b'{"x":1}'),
    ],
)
def test_fixed_values_replace_what_came(text: bytes, fixed: dict[str, Any], expected: bytes) -> None:
    assert edited(text, fixed=fixed) == expected


@pytest.mark.parametrize("text", [b"[]", b'"x"', b"null", b'[{"tenant":"evil"}]'])
def test_a_body_that_cannot_take_a_fixed_value_is_refused(text: bytes) -> None:
    with pytest.raises(WrongTypeError) as raised:
        edited(text, fixed={"/tenant": 1})
    assert raised.value.problem == ("", "must be an object")


def test_an_array_in_place_of_an_object_does_not_hide_a_dropped_member() -> None:
    with pytest.raises(WrongTypeError) as raised:
        edited(b'{"user":[{"admin":true}]}', drop=["/user/admin"])
    assert raised.value.problem.pointer == "/user"


@pytest.mark.parametrize(
    "text", [b'{"lines":{"cost":1}}', b'{"Lines":{"cost":1}}', b'{"lines":[],"LINES":{"0":{"cost":1}}}']
)
@pytest.mark.parametrize("settings", [{"drop": ["/lines/*/cost"]}, {"fixed": {"/lines/*/tenant": 1}}])
def test_an_object_in_place_of_an_array_does_not_hide_a_member(text: bytes, settings: dict[str, Any]) -> None:
    with pytest.raises(WrongTypeError) as raised:
        edited(text, **settings, arrays=["/lines"])
    assert raised.value.problem.pointer.lower() == "/lines"
    assert raised.value.problem.detail == "must be an array"


def test_keep_drop_and_fixed_work_together() -> None:
    text = b'{"a":{"x":1,"y":2},"b":3,"tenant":4}'
    assert edited(text, keep=["/a"], drop=["/a/x"], fixed={"/tenant": 0}) == b'{"a":{"y":2},"tenant":0}'


NAMES = st.sampled_from(["a", "b", "c", "A", "é", 'q"', "x/y", "~"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=15,
)
POINTERS = st.frozensets(st.lists(NAMES | st.just("*"), min_size=1, max_size=3).map(tuple), max_size=3)


def without(value: Any, drop: frozenset[Tokens]) -> Any:
    """Say what an edit does, in the plainest way."""
    if isinstance(value, dict):
        below = {
            name: frozenset(t[1:] for t in drop if t and (t[0] == "*" or t[0].casefold() == name.casefold()))
            for name in value
        }
        return {name: without(value[name], rest) for name, rest in below.items() if () not in rest}
    if isinstance(value, list):
        rest = frozenset(t[1:] for t in drop if t and t[0] == "*")
        return [] if () in rest else [without(one, rest) for one in value]
    return value


@given(VALUES, POINTERS, st.sampled_from([None, 1, " "]))
def test_an_edit_removes_exactly_what_the_pointers_name(value: Any, drop: frozenset[Tokens], indent: Any) -> None:
    text = json.dumps(value, indent=indent).encode()
    try:
        result = edit(text, compile_edit(None, drop, {}))
    except WrongTypeError:
        return
    # Floats and large integers compare by their digits.
    assert json.loads(result, parse_float=str) == without(json.loads(text, parse_float=str), drop)


@given(VALUES, st.sampled_from([None, 2]))
def test_a_body_without_affected_members_passes_byte_for_byte(value: Any, indent: Any) -> None:
    text = json.dumps(value, indent=indent).encode()
    try:
        assert edit(text, compile_edit(None, frozenset({("zz",), ("a", "*", "zz")}), {})) == text
    except WrongTypeError:
        assert isinstance(value, list) or "a" in str(value).lower()
