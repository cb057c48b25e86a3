"""The outermost keys of JSON bodies are read while the bodies stream."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from plugin_gateway.gate.body_names import BodyNames
from plugin_gateway.gate.override import override_of
from plugin_gateway.proxy.json_keys import MAX_KEY_BYTES, JsonKeys
from plugin_gateway.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Collection


def looked_through(*pieces: bytes, declared: Collection[bytes] = (), is_strict: bool = True) -> tuple[bytes, str]:
    keys = JsonKeys(BodyNames(frozenset(declared)), is_strict=is_strict)
    sent = b""
    for number, piece in enumerate(pieces, 1):
        passed = keys.feed(piece, is_last=number == len(pieces))
        if isinstance(passed, Refusal):
            return sent, passed.code
        sent += passed
    return sent, ""


def cut(body: bytes, places: list[int]) -> list[bytes]:
    at = [0, *sorted({place % (len(body) + 1) for place in places}), len(body)]
    return [body[start:end] for start, end in pairwise(at)]


def bytewise(body: bytes) -> list[bytes]:
    return [body[at : at + 1] for at in range(len(body))]


LONG = b'"' + b"x" * (3 * MAX_KEY_BYTES) + b'\\""'
OVERRIDES = [
    b'{"_method":"DELETE"}',
    b'{"_method" \t\r\n : "DELETE"}',
    b'\xef\xbb\xbf {"_method":"DELETE"}',
    b'{"a":{"b":[1,{"c":"}"}]},"_method":"DELETE"}',
    b'{"a":"\\"{","_METHOD":"DELETE"}',
    b'{"\\u005fmethod":"DELETE"}',
    b'{"\\u005F\\u006d\\u0065\\u0074\\u0068\\u006F\\u0064":"DELETE"}',
    b'{"_method\\u0000":"DELETE"}',
    b'{"X-HTTP-Method-Override":"DELETE"}',
    b'{"$httpMethod":"DELETE"}',
    b'{"methodOverride":"DELETE"}',
    b'{"x-tunneled-method":"DELETE"}',
    b"{'X_Tunneled_Method':'DELETE'}",
    b'{"a":' + LONG + b',"_method":"DELETE"}',
    b"{" + LONG + b':1,"_method":"DELETE"}',
    b'{"a":1}{"_method":"DELETE"}',
    b'{"a":1}\n{"_method":"DELETE"}\n',
    b'}{"_method":"DELETE"}',
    b'{"_method\xff":"DELETE"}',
    # Not JSON, but some parser accepts it.
    b"{'_method':'DELETE'}",
    b'{_method:"DELETE"}',
    b'{/*{*/"_method":"DELETE"}',
    b'{/*"*/"_method":"DELETE"/*"*/}',
    b'{#"\n"_method":"DELETE"}',
    b"{//'\n'\\u005fmethod':'DELETE'}",
    b'{"\\x5fmethod":"DELETE"}',
    b'{"_\\method":"DELETE"}',
    b"{`_method`:`DELETE`}",
    b'{httpMethod:"DELETE"}',
    b'{"a":1,methodOverride : "DELETE"}',
    b'{"a":[true ,2],xhttpmethod\n:"DELETE"}',
]
HARMLESS = [
    b"",
    b" \n",
    b"abcde",
    b"null",
    b'{"method":"card","payment_method":"_method","_methods":1}',
    b'{"a":{"_method":"x"}}',
    b'[{"_method":"x"}]',
    b'["_method"]',
    b'{"a":"_method"}',
    b'{"a":"\\"_method\\":1"}',
    b'{"a":"{\\\\","b":{"_method":1}}',
    b'{"a":-1.5e+10 ,"b":true,"c":[null ]}',
    b'{"a":' + b"1" * (3 * MAX_KEY_BYTES) + b"}",
    b'{"caf\\u00e9":"\\u005fmethod"}',
    LONG,
    b'{"a":' + LONG + b',"b":{"_method":1}}',
    b"it's /* no JSON */ at all, and says method, payment_method",
    b"y" * 5000,
]


@pytest.mark.parametrize("body", OVERRIDES)
def test_an_override_is_refused_however_the_body_is_cut(body: bytes) -> None:
    cuts = [[body], bytewise(body), *([body[:at], body[at:]] for at in range(0, len(body), 1 + len(body) // 300))]
    for pieces in cuts:
        sent, code = looked_through(*pieces)
        assert code == "method-override", pieces
        assert body.startswith(sent)


@pytest.mark.parametrize("body", HARMLESS)
def test_other_bodies_go_up_as_they_are(body: bytes) -> None:
    assert looked_through(body) == (body, "")
    assert looked_through(*bytewise(body)) == (body, "")


def test_a_declared_override_may_be_in_the_body() -> None:
    body = b'{"_method":"PUT"}'
    assert looked_through(body, declared=[b"_method"]) == (body, "")
    assert looked_through(b"{'_method':1}", declared=[b"_method"])[1] == ""
    assert looked_through(body, declared=[b"xhttpmethod"])[1] == "method-override"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le"])
def test_json_in_another_encoding_is_refused(encoding: str) -> None:
    """Jackson and Python detect the encoding by the NULs."""
    assert looked_through('{"_method":"DELETE"}'.encode(encoding))[1] == "unreadable-body"


@pytest.mark.parametrize(
    "text", [b"{it} is a 'text' with {\"_method\": 1}", b"plain _method", b"[1]", b"\xff\xfe{\x00"]
)
def test_text_that_is_not_json_is_not_inspected(text: bytes) -> None:
    assert looked_through(text, is_strict=False) == (text, "")
    assert looked_through(*bytewise(text), is_strict=False) == (text, "")


@pytest.mark.parametrize("first", [b"_method", b"httpMethod"])
def test_a_declared_override_does_not_hide_another(first: bytes) -> None:
    declared = [override_of(first)]
    assert looked_through(b"{" + first + b":1,'X-Method-Override':2}", declared=declared)[1] == "method-override"


def test_only_a_key_that_may_become_an_override_is_held_back() -> None:
    keys = JsonKeys(BodyNames(), is_strict=True)
    assert keys.feed(b'{"nam', is_last=False) == b'{"nam'
    assert keys.feed(b'e":"_meth', is_last=False) == b'e":'
    assert keys.feed(b'od" ', is_last=False) == b""
    assert keys.feed(b',"_me', is_last=False) == b'"_method" ,'
    assert keys.feed(b'thod"', is_last=False) == b""
    assert isinstance(keys.feed(b":", is_last=False), Refusal)


KEYS = (
    st.sampled_from(
        ["a", "_method", "method", "X-HTTP-Method-Override", 'q"', "\\", "é", "a_method", ".Method", "httpMethod"]
    )
    | st.text(max_size=3)
    | st.lists(
        st.sampled_from(["method", "Method", "x", "http", "override", "_", "-", ".", " ", "$", "a"]), max_size=5
    ).map("".join)
)
VALUES = st.recursive(
    st.none() | st.integers() | st.sampled_from(["_method", '"', "\\", "{", "a:b"]) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


@given(VALUES, st.booleans(), st.sampled_from([None, 1]), st.lists(st.integers(min_value=0), max_size=8))
@example({"a": {"_method": 1}, "b": "_method"}, True, None, [])
def test_json_is_refused_just_where_its_outermost_object_has_an_override(
    value: Any, is_ascii: bool, indent: int | None, places: list[int]
) -> None:
    body = json.dumps(value, ensure_ascii=is_ascii, indent=indent).encode(errors="surrogatepass")
    sent, code = looked_through(*cut(body, places))

    names = [key.encode(errors="replace") for key in value] if isinstance(value, dict) else []
    assert code == ("method-override" if any(map(override_of, names)) else "")
    assert body.startswith(sent)
    assert code or sent == body


@given(VALUES, st.lists(st.integers(min_value=0), max_size=8))
def test_no_escaping_hides_an_override(value: Any, places: list[int]) -> None:
    value = {"a": value, "_method": "DELETE", "b": value}
    escaped = "".join(f"\\u{ord(c):04x}" for c in "_method")
    body = json.dumps(value).replace('"_method": "DELETE"', f'"{escaped}": "DELETE"').encode()
    assert looked_through(*cut(body, places))[1] == "method-override"
