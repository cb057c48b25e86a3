"""Request bodies are searched for method overrides while they stream."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, quote_from_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.gate.body_names import BodyNames
from plugin_gateway.gate.media_type import FORM, JSON, MULTIPART, TEXT
from plugin_gateway.gate.override import override_of
from plugin_gateway.proxy.inspection import MAX_PART_HEADER_BYTES, inspect
from plugin_gateway.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Collection

    from plugin_gateway.gate.media_type import InspectedKind


def looked_through(kind: InspectedKind, *pieces: bytes, declared: Collection[bytes] = ()) -> tuple[bytes, str]:
    """Return the bytes that go up for a body in pieces, and the code of its refusal or an empty string."""
    inspection = inspect(kind, BodyNames(frozenset(declared)))
    sent = b""
    for number, piece in enumerate(pieces, 1):
        passed = inspection.feed(piece, is_last=number == len(pieces))
        if isinstance(passed, Refusal):
            return sent, passed.code
        sent += passed
    return sent, ""


def cut(body: bytes, places: list[int] | range) -> list[bytes]:
    at = [0, *sorted({place % (len(body) + 1) for place in places}), len(body)]
    return [body[start:end] for start, end in pairwise(at)]


def part(disposition: bytes, value: bytes = b"DELETE") -> bytes:
    return b"--x\r\nContent-Disposition: " + disposition + b"\r\n\r\n" + value + b"\r\n--x--\r\n"


PLAIN = part(b'form-data; name="a"', b"1").removesuffix(b"--x--\r\n")
OVERRIDES = {
    "first": (FORM, b"_method=DELETE"),
    "second": (FORM, b"a=1&_method=DELETE"),
    "after a semicolon": (FORM, b"a=1;_method=DELETE"),
    "escaped": (FORM, b"a=1&%5f%6d%65thod=DELETE"),
    "escaped twice": (FORM, b"%255fmethod=DELETE"),
    "in capitals": (FORM, b"_METHOD=DELETE"),
    "as PHP mangles it": (FORM, b".method=DELETE"),
    "as a list": (FORM, b"_method[]=DELETE"),
    "without a value": (FORM, b"a=1&_method"),
    "a header's name": (FORM, b"X-HTTP-Method-Override=DELETE"),
    "behind a question mark": (FORM, b"?_method=DELETE"),
    "as Catalyst reads it": (FORM, b"x-tunneled-method=DELETE"),
    "behind a blank": (FORM, b"+_method=DELETE"),
    "behind ten thousand bytes": (FORM, b"a=" + b"x" * 10_000 + b"&_method=DELETE"),
    "a part": (MULTIPART, PLAIN + part(b'form-data; name="_method"')),
    "a part's name without quotes": (MULTIPART, part(b"form-data; name=_method")),
    "a part's name in single quotes": (MULTIPART, part(b"form-data; name='_method'")),
    "a part's name in capitals": (MULTIPART, part(b'FORM-DATA; NAME="_METHOD"')),
    "a part's extended name": (MULTIPART, part(b"form-data; name*=utf-8''%5Fmethod")),
    "a part's escaped name": (MULTIPART, part(rb'form-data; name="\_met\hod"')),
    "a part's percent-encoded name": (MULTIPART, part(b'form-data; name="%5fmethod"')),
    "a part's second name": (MULTIPART, part(b'form-data; name="a"; name="_method"')),
    "a part's name after a file's": (MULTIPART, part(b'form-data; filename="a"; name="_method"')),
    "a part's folded header": (MULTIPART, part(b'form-data;\r\n\tname="_method"')),
    "a part's blanks around =": (MULTIPART, part(b'form-data; name = "_method"')),
    "a part's unclosed quote": (MULTIPART, part(b'form-data; name="_method')),
    "a part's Content-ID": (MULTIPART, b"--x\r\nContent-ID: _method\r\n\r\nDELETE\r\n--x--"),
    "a part after a lone LF": (MULTIPART, b'--x\ncontent-disposition: form-data; name="_method"\n\nDELETE\n--x--'),
    "a part that never ends": (MULTIPART, b'--x\r\nContent-Disposition: form-data; name="_method"'),
    "in brackets, as old versions of Rack read it": (FORM, b"a=1&[_method]=DELETE"),
    "behind a byte order mark": (FORM, b"\xef\xbb\xbf_method=DELETE"),
    "a part's name in brackets": (MULTIPART, part(b'form-data; name="[_method]"')),
    "a part's name after a backslash that escapes nothing": (MULTIPART, part(rb'form-data; name="\"; name="_method"')),
    "JSON": (JSON, b'{"_method":"DELETE"}'),
    "text that is JSON": (TEXT, b' {"_method": "GET", "_ApplicationId": "a"}'),
}
UNREADABLE = {
    "a name in pieces": part(b'form-data; name*0="_met"; name*1="hod"'),
    "a name in an encoded word": part(b'form-data; name="=?utf-8?q?=5Fmethod?="'),
    "a name with a NUL": part(b'form-data; name="_method\x00"'),
    "a header without end": b"--x\r\nContent-Disposition: form-data; filename=" + b"y" * (MAX_PART_HEADER_BYTES + 100),
}
HARMLESS = {
    "another name": (FORM, b"method=card&payment_method=x&a=_method&_methods=1"),
    "no pair": (FORM, b"&&=&a&"),
    "nothing": (FORM, b""),
    "a long name": (FORM, b"m" * 5000 + b"=1"),
    "a part of another name": (MULTIPART, PLAIN + part(b'form-data; name="method"; filename="_method"')),
    "an empty multipart": (MULTIPART, b"--x--\r\n"),
    "a part without a name": (MULTIPART, part(b"attachment")),
    "text": (TEXT, b"the _method is {good}"),
}


@pytest.mark.parametrize(("kind", "body"), OVERRIDES.values(), ids=OVERRIDES)
def test_a_body_that_overrides_the_method_is_refused_however_it_is_cut(kind: InspectedKind, body: bytes) -> None:
    cuts = [(body,), *((body[:at], body[at:]) for at in range(0, len(body) + 1, 1 + len(body) // 200))]
    cuts.append(tuple(body[at : at + 1] for at in range(len(body))))
    for pieces in cuts:
        sent, code = looked_through(kind, *pieces)
        assert code == "method-override", pieces
        assert body.startswith(sent)
        assert b"method" not in sent.lower()


@pytest.mark.parametrize(("kind", "body"), HARMLESS.values(), ids=HARMLESS)
def test_other_bodies_go_up_as_they_are(kind: InspectedKind, body: bytes) -> None:
    assert looked_through(kind, body) == (body, "")
    assert looked_through(kind, *cut(body, range(len(body)))) == (body, "")


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
def test_a_part_whose_name_parsers_disagree_about_is_refused(body: bytes) -> None:
    for pieces in ([body, b""], [body[:30], body[30:], b""]):
        assert looked_through(MULTIPART, *pieces)[1] == "unreadable-body"


@pytest.mark.parametrize("kind", [FORM, MULTIPART])
def test_a_declared_override_may_be_in_the_body(kind: InspectedKind) -> None:
    body = b"_method=PUT" if kind == FORM else part(b'form-data; name="_method"')
    assert looked_through(kind, body, declared=[b"_method"]) == (body, "")
    assert looked_through(kind, body, declared=[b"xhttpmethod"])[1] == "method-override"


def test_text_that_cannot_become_an_override_is_not_held_back() -> None:
    inspection = inspect(FORM, BodyNames())
    assert inspection.feed(b"name", is_last=False) == b"name"
    assert inspection.feed(b"=x&_met", is_last=False) == b"=x&"
    assert inspection.feed(b"rics=1", is_last=False) == b"_metrics=1"
    inspection = inspect(MULTIPART, BodyNames())
    assert inspection.feed(b"--x\r\nConte", is_last=False) == b"--x\r\n"
    assert inspection.feed(b"nt-Type: a/b\r\n\r\nx", is_last=False) == b"Content-Type: a/b\r\n\r\nx"


def overrides_in(body: bytes) -> list[str]:
    return [name for name, _ in parse_qsl(body.decode("ascii"), keep_blank_values=True) if override_of(name.encode())]


FORMS = st.lists(
    st.tuples(
        st.sampled_from(["a", "_method", "x", "method", "_m", "%5fmethod", "X-HTTP-Method", "é"]), st.text(max_size=5)
    ),
    max_size=5,
)


@given(FORMS, st.booleans(), st.lists(st.integers(min_value=0)))
def test_a_form_is_refused_just_where_a_parser_finds_an_override(
    pairs: list[tuple[str, str]], is_escaped: bool, places: list[int]
) -> None:
    def write(text: str) -> str:
        octets = text.encode()
        return "".join(f"%{octet:02x}" for octet in octets) if is_escaped else quote_from_bytes(octets, safe="")

    body = "&".join(f"{write(name)}={write(value)}" for name, value in pairs).encode()
    sent, code = looked_through(FORM, *cut(body, places))

    found = overrides_in(body)
    assert code == ("method-override" if found else "")
    assert body.startswith(sent)
    assert found or sent == body
    assert not overrides_in(sent)


@given(st.sampled_from([FORM, MULTIPART, JSON, TEXT]), st.binary(max_size=60), st.lists(st.integers(min_value=0)))
def test_a_body_that_passes_is_unchanged(kind: InspectedKind, body: bytes, places: list[int]) -> None:
    sent, code = looked_through(kind, *cut(body, places))
    assert body.startswith(sent)
    assert code or sent == body


CLOSED = BodyNames((), frozenset({b"action", b"apikey"}))
REPEATED: Final[dict[str, tuple[InspectedKind, bytes]]] = {
    "a field": (FORM, b"Action=DeleteQueue"),
    "a field after many": (FORM, b"a=1&b=2&c=3&d=4&e=5&Action=DeleteQueue"),
    "a field as URLSearchParams reads it": (FORM, b"?Action=DeleteQueue"),
    "an escaped field": (FORM, b"a=1&%41ction=DeleteQueue"),
    "a field as a list": (FORM, b"api_key[]=mine"),
    "a field in brackets": (FORM, b"a=1&[Action]=DeleteQueue"),
    "a field behind a byte order mark": (FORM, b"\xef\xbb\xbfAction=DeleteQueue"),
    "a part": (MULTIPART, part(b'form-data; name="Action"')),
    "a member": (JSON, b'{"a": [1, {"b": "c"}], "Action": "DeleteQueue"}'),
    "an escaped member": (JSON, b'{"\\u0041ction": "DeleteQueue"}'),
    "a member that only a lenient parser reads": (JSON, b"{Action: 'DeleteQueue'}"),
    "text that is JSON": (TEXT, b'{"api.key": "mine"}'),
}


@pytest.mark.parametrize("name", REPEATED)
def test_a_closed_name_is_refused_however_the_body_is_cut(name: str) -> None:
    kind, body = REPEATED[name]
    for at in range(len(body)):
        inspection = inspect(kind, CLOSED)
        sent = inspection.feed(body[:at], is_last=False)
        rest = sent if isinstance(sent, Refusal) else inspection.feed(body[at:], is_last=True)
        assert isinstance(rest, Refusal), at
        assert rest.code == "parameter-in-body"
        assert isinstance(sent, Refusal) or not any(word in sent for word in (b"Action", b'ction"', b"api"))


@pytest.mark.parametrize("name", REPEATED)
def test_a_name_that_is_closed_for_another_operation_passes(name: str) -> None:
    kind, body = REPEATED[name]
    assert inspect(kind, BodyNames()).feed(body, is_last=True) == body


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (FORM, b"a=Action&reaction=1&b[Action]=2"),
        (JSON, b'{"a": "Action", "b": {"Action": 1}, "c": ["api_key"]}'),
        (MULTIPART, PLAIN + b"Action\r\n--x--\r\n"),
        (TEXT, b"Action: none"),
    ],
)
def test_a_closed_name_passes_where_no_server_reads_a_parameter(kind: InspectedKind, body: bytes) -> None:
    assert inspect(kind, CLOSED).feed(body, is_last=True) == body
