"""Links in JSON bodies: they lead to the gateway, and everything else passes byte for byte."""

import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.proxy.answer_head import Answer
from plugin_gateway.proxy.body_links import LinkRules
from plugin_gateway.proxy.relocation import Relocation
from plugin_gateway.revision import UpstreamSettings

UPSTREAM = UpstreamSettings(host="up", port=80, authority=b"up.test", prefix=b"/v2")
MOVE = Relocation(UPSTREAM, "https://gw.test", [b"api_key"])
JSON = b"Content-Type: application/json\r\n"


def answer(block: bytes = JSON, length: int = -1, status: int = 200) -> Answer:
    return Answer(status, block, length, is_chunked=False, keeps_alive=True)


def rules(*pointers: str) -> LinkRules:
    return LinkRules([tuple(pointer.split("/")[1:]) for pointer in pointers], MOVE)


def passed(text: bytes, *pointers: str, pieces: list[bytes] | None = None) -> bytes:
    body = rules(*pointers).body(answer())
    assert body is not None
    return b"".join(body.feed(piece) for piece in pieces or [text]) + body.finish()


@pytest.mark.parametrize(
    ("pointer", "text", "expected"),
    [
        ("/next", b'{"next": "http://up.test/v2/i?page=2&api_key=s"}', b'{"next": "https://gw.test/i?page=2"}'),
        ("/next", b'{"a":[1,{"next":"/v2/i"}], "next" :\n"/v2/i"}', b'{"a":[1,{"next":"/v2/i"}], "next" :\n"https://gw.test/i"}'),
        ("/next", b'{"next":"http:\\/\\/up.test\\/v2\\/\\u0069?q=\\u00e9"}', b'{"next":"https://gw.test/i?q=\\u00e9"}'),
        ("/next", b'{"\\u006eext":"/v2/i"}', b'{"\\u006eext":"https://gw.test/i"}'),
        ("/next", b'{"next":"/v2/1","next":"/v2/2"}', b'{"next":"https://gw.test/1","next":"https://gw.test/2"}'),
        ("/next", b'{"next":null,"b":"/v2/i"}', b'{"next":null,"b":"/v2/i"}'),
        ("/next", b'{"next":{"next":"/v2/i"}}', b'{"next":{"next":"/v2/i"}}'),
        ("/next", b'{"next":"?page=2&api_key=s"}', b'{"next":"?page=2"}'),
        ("/next", b'{"next":"https:\\/\\/elsewhere\\/x"}', b'{"next":"https:\\/\\/elsewhere\\/x"}'),
        ("/next", b'{"next":"http://up.test/admin","b":1}', b'{"next":null,"b":1}'),
        ("/next", b'{"b":"a \\" , { [ next","next":"/v2/i"}', b'{"b":"a \\" , { [ next","next":"https://gw.test/i"}'),
        ("/_links/*/href", b'{"_links":{"self":{"href":"/v2/a","t":"/v2/a"},"n":{"href":"/v2/b"}}}', b'{"_links":{"self":{"href":"https://gw.test/a","t":"/v2/a"},"n":{"href":"https://gw.test/b"}}}'),
        ("/items/*/url", b'{"items":[{"url":"/v2/a"},5,{"x":[],"url":"/v2/b"}]}', b'{"items":[{"url":"https://gw.test/a"},5,{"x":[],"url":"https://gw.test/b"}]}'),
        ("/1/u", b'[{"u":"/v2/a"},{"u":"/v2/b"}]', b'[{"u":"/v2/a"},{"u":"https://gw.test/b"}]'),
        ("/*", b'["/v2/a", ["/v2/b"], "/v2/c"]', b'["https://gw.test/a", ["/v2/b"], "https://gw.test/c"]'),
        ("/*/*", b'{"a":{"b":"/v2/a"},"c":["/v2/b"]}', b'{"a":{"b":"https://gw.test/a"},"c":["https://gw.test/b"]}'),
        ("/a", b'"/v2/i"', b'"/v2/i"'),
        ("/a", b"", b""),
        # Not JSON.
        ("/a", b'{"a":"/v2/i', b'{"a":"/v2/i'),
        ("/a", b'{"a":"/v2/\xff"}', b'{"a":"/v2/\xff"}'),
        ("/a", b'{"a":"/v2/\n"}', b'{"a":"/v2/\n"}'),
        ("/a", b']]}},:"{"a":"\\', b']]}},:"{"a":"\\'),
    ],
)  # fmt: skip
def test_a_url_at_a_named_place_leads_to_the_gateway(pointer: str, text: bytes, expected: bytes) -> None:
    assert passed(text, pointer) == expected
    assert passed(text, pointer, pieces=[text[at : at + 1] for at in range(len(text))]) == expected


URLS = st.sampled_from(
    ["http://up.test/v2/a", "/v2/b?api_key=s&x=1", "http://up.test/admin", "https://elsewhere/", "é", "", 'q"\\']
)
NAMES = st.sampled_from(["next", "items", "_links", "href", "a", "0", "n\u00e9xt"])
VALUES = st.recursive(
    URLS | st.none() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=15,
)  # fmt: skip
POINTERS = st.lists(st.lists(NAMES | st.just("*"), min_size=1, max_size=4).map(tuple), max_size=3)


def expected_of(value: Any, pointers: list[Any], at: tuple[str, ...] = ()) -> Any:
    """The expected result: the rule applied to the decoded value."""
    if isinstance(value, dict):
        return {name: expected_of(item, pointers, (*at, name)) for name, item in value.items()}
    if isinstance(value, list):
        return [expected_of(item, pointers, (*at, str(index))) for index, item in enumerate(value)]
    is_named = any(
        len(pointer) == len(at) and all(step in ("*", token) for step, token in zip(pointer, at, strict=True))
        for pointer in pointers
    )
    if not isinstance(value, str) or not is_named:
        return value
    pointed = MOVE.point(value.encode())
    return None if pointed is None else pointed.decode()


@given(VALUES, POINTERS, st.data())
def test_just_the_named_urls_change_however_the_text_is_cut(
    value: Any, pointers: list[Any], data: st.DataObject
) -> None:
    text = json.dumps(
        value, ensure_ascii=data.draw(st.booleans()), indent=data.draw(st.sampled_from([None, 1]))
    ).encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    body = LinkRules(pointers, MOVE).body(answer())
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert body is not None
    passed_on = b"".join(body.feed(piece) for piece in pieces) + body.finish()
    expected = expected_of(value, pointers)
    assert json.loads(passed_on) == expected
    if expected == value:
        assert passed_on == text


@given(
    st.lists(
        st.binary(max_size=20) | st.sampled_from([b'"', b"{", b"[", b"}", b"]", b",", b"\\", b'"next":']), max_size=12
    )
)
def test_text_that_is_not_json_passes_unchanged(pieces: list[bytes]) -> None:
    text = b"".join(pieces)
    assert passed(text, "/nothing/of/this", pieces=pieces) == text


@pytest.mark.parametrize(
    ("start", "piece"),
    [
        (b'{"next":"', b"x" * 4096),
        (b'{"', b"x" * 4096),
        (b"", b"[" * 4096),
        (b"", b'{"next":' * 512),
    ],
    ids=["long value", "long name", "deep arrays", "deep objects"],
)
def test_little_of_any_body_is_held(start: bytes, piece: bytes) -> None:
    body = rules("/next", "/*/*/*").body(answer())
    assert body is not None
    body.feed(start)
    tracemalloc.start()
    for _ in range(25):
        body.feed(piece)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 20_000
    assert len(body.finish()) <= 8192


def test_only_an_incomplete_string_is_held_back() -> None:
    body = rules("/next").body(answer())
    assert body is not None
    assert body.feed(b'{"a": 1, "next": "/v2/') == b'{"a": 1, "next": '
    assert body.feed(b'i", "b') == b'"https://gw.test/i", '
    assert body.finish() == b'"b'


@pytest.mark.parametrize(
    ("block", "status", "is_read"),
    [
        (JSON, 200, True),
        (b"content-type: application/hal+json; charset=utf-8\r\n", 404, True),
        (JSON + b"Content-Encoding: identity\r\n", 200, True),
        (JSON + b"Content-Encoding: gzip\r\n", 200, False),
        (JSON, 206, False),
        (b"Content-Type: text/html\r\n", 200, False),
        (b"", 200, False),
        (b"", 304, True),
    ],
)
def test_links_are_read_only_in_whole_uncoded_json(block: bytes, status: int, is_read: bool) -> None:
    assert (rules("/next").body(answer(block, status=status)) is not None) is is_read


def test_the_head_lacks_fields_about_the_original_octets() -> None:
    block = (
        b'ETag: "a"\r\nContent-Length: 9\r\nContent-MD5: x\r\nDigest: x\r\nContent-Digest: x\r\nRepr-Digest: x\r\n'
        b"Accept-Ranges: bytes\r\nLast-Modified: d\r\nX-Kept: 1\r\n"
    )
    linked = rules("/next")
    given_head = answer(JSON + block, 9)
    head = linked.head(given_head)
    assert head.block == JSON + b'ETag: W/"a"\r\nLast-Modified: d\r\nX-Kept: 1\r\n'
    assert head.length == -1
    assert linked.head(given_head) is head
    assert linked.head(answer(b'ETag: W/"b"\r\n')).block == b'ETag: W/"b"\r\n'
