from __future__ import annotations

import gzip
import json
import zlib
from typing import TYPE_CHECKING, Any

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.errors import UpstreamError
from plugin_gateway.proxy.answer_body import AnswerBody
from plugin_gateway.proxy.answer_rules import AnswerRules
from plugin_gateway.proxy.body_links import LinkRules
from plugin_gateway.proxy.downlink import Downlink
from plugin_gateway.proxy.known_secrets import KnownSecrets
from plugin_gateway.proxy.overflow import Cap
from plugin_gateway.proxy.shaped_answer import ReplyRules
from plugin_gateway.refusal import Refusal
from plugin_gateway.revision import UpstreamSettings
from plugin_gateway.shape.answer.reply import ReplyShape

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugin_gateway.openapi.refs import Tokens

DROP = ReplyShape(drop=(("notes",), ("*", "notes"), ("items", "*", "notes")))
KEEP = ReplyShape(keep=(("id",),))
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json"
CODINGS: dict[bytes, Callable[[bytes], bytes]] = {
    b"": bytes,
    b"gzip": gzip.compress,
    b"deflate": zlib.compress,
    b"br": brotli.compress,
    b"gzip, br": lambda data: brotli.compress(gzip.compress(data)),
}


def downlink_of(*, secret: str = "", passes_unreadable: bool = False) -> Downlink:
    upstream = UpstreamSettings(
        host="up.test", port=80, authority=b"up.test", prefix=b"", passes_unreadable=passes_unreadable
    )
    return Downlink(upstream, "https://gw.test", KnownSecrets(secret), varies_by_origin=False, decodes=True)


def play(
    head: bytes,
    *pieces: bytes,
    shape: ReplyShape = DROP,
    cap: Cap | None = None,
    selection: tuple[Tokens, ...] | None = None,
    downlink: Downlink | None = None,
    links: bool = False,
) -> Any:
    """Return the head and the body that the client gets, and the number of pieces that it comes in."""
    downlink = downlink or downlink_of()
    answer = downlink.read(head)
    rules = LinkRules([("next",)], downlink.relocation) if links else None
    body = AnswerBody(answer, AnswerRules(downlink, links=rules, reply=ReplyRules(shape), cap=cap), selection)
    first, sent, count = None, b"", 0
    for number, piece in enumerate(pieces, 1):
        found = body.feed(piece, is_complete=number == len(pieces))
        if isinstance(found, Refusal):
            return found
        if found is not None:
            first = first or found.answer
            sent += found.data
            count += 1
    return first, sent, count


@given(
    rows=st.lists(st.fixed_dictionaries({"id": st.integers(), "notes": st.just("CANARY")}), max_size=30),
    coding=st.sampled_from([*CODINGS]),
    size=st.integers(1, 400),
)
def test_a_dropped_field_does_not_come_out_in_any_coding_or_pieces(rows: list[Any], coding: bytes, size: int) -> None:
    text = json.dumps({"items": rows, "notes": "CANARY"}).encode()
    coded = CODINGS[coding](text)
    head = HEAD + (b"\r\nContent-Encoding: " + coding if coding else b"")
    _, sent, _ = play(head, *(coded[at : at + size] for at in range(0, len(coded), size)))
    assert json.loads(sent) == {"items": [{"id": row["id"]} for row in rows]}


def test_the_head_fits_the_body_that_remains() -> None:
    fields = b'\r\nETag: "a"\r\nContent-MD5: x\r\nRepr-Digest: x\r\nAccept-Ranges: bytes\r\nContent-Length: 22'
    head, sent, _ = play(HEAD + fields, b'{"id":1,"notes":"abc"}')
    assert sent == b'{"id":1}'
    assert (head.length, head.is_chunked) == (8, False)
    assert head.block == b'Content-Type: application/json\r\nETag: W/"a"\r\nContent-Length: 8\r\n'


def test_the_head_waits_for_the_first_kept_bytes() -> None:
    _, sent, count = play(HEAD, b'{"id":1,', b'"notes":"CANARY"', b"}")
    assert (sent, count) == (b'{"id":1}', 1)


def test_a_long_body_streams() -> None:
    rows = b'{"id":1,"notes":"CANARY"},' * 20_000
    head, sent, count = play(HEAD, b"[", rows, rows, rows, b'{"id":2}]')
    assert count > 2
    assert head.length == -1
    assert b"CANARY" not in sent
    assert len(json.loads(sent)) == 60_001


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (b"text/html", b"<p>CANARY"),
        (b"text/csv", b"notes\nCANARY"),
        (b"text/plain", b'{"notes":"CANARY"}'),
        (b"application/x-ndjson", b'{"notes":"CANARY"}\n{}'),
        (b"application/json-seq", b'\x1e{"notes":"CANARY"}'),
        (b"text/event-stream", b'data: {"notes":"CANARY"}\n\n'),
        (b"application/octet-stream", b"CANARY"),
    ],
)
def test_a_success_that_is_not_json_is_refused(kind: bytes, body: bytes) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: " + kind
    with pytest.raises(UpstreamError) as caught:
        play(head, body)
    assert (caught.value.status, caught.value.code) == (502, "unshapable-answer")
    assert "CANARY" not in str(caught.value)
    # Nothing is left out of these, so all of it may pass.
    assert play(head, body, shape=ReplyShape(limits=(((), 1),)))[1] == body


def test_a_success_without_a_type_is_refused() -> None:
    with pytest.raises(UpstreamError):
        play(b"HTTP/1.1 200 OK", b'{"notes":"CANARY"}')


@pytest.mark.parametrize(
    "kind", [b"application/json;charset=utf-8", b"application/hal+json", b"text/json", b"Application/JSON"]
)
def test_every_type_of_json_is_cut(kind: bytes) -> None:
    assert play(b"HTTP/1.1 200 OK\r\nContent-Type: " + kind, b'{"notes":1}')[1] == b"{}"


@pytest.mark.parametrize("body", [b'{"notes":"CANARY"', b'{"notes":"CANARY"}{}', b"CANARY", b"", b")]}'\n{}"])
def test_invalid_json_is_refused(body: bytes) -> None:
    with pytest.raises(UpstreamError) as caught:
        play(HEAD, body)
    assert caught.value.code == "unshapable-answer"


def test_a_body_that_stops_being_json_is_cut_off() -> None:
    rows = b'{"id":1,"notes":"CANARY"},' * 20_000
    downlink = downlink_of()
    body = AnswerBody(downlink.read(HEAD), AnswerRules(downlink, reply=ReplyRules(DROP)))
    assert body.feed(b"[" + rows, is_complete=False)
    with pytest.raises(UpstreamError):
        body.feed(b'{"notes":"CANARY"', is_complete=True)


def test_a_failure_loses_the_dropped_members_and_passes_if_it_is_not_json() -> None:
    head = b"HTTP/1.1 404 Not Found\r\nContent-Type: application/json"
    assert play(head, b'{"error":"x","notes":"CANARY"}')[1] == b'{"error":"x"}'
    assert play(head, b'{"error":"x"}', shape=KEEP)[1] == b'{"error":"x"}'
    assert play(b"HTTP/1.1 500 No\r\nContent-Type: text/html", b"<p>")[1] == b"<p>"
    with pytest.raises(UpstreamError):
        play(head, b"<p>")


def test_a_selection_narrows_what_the_shape_keeps() -> None:
    text = b'{"id":1,"a":2,"notes":"CANARY"}'
    assert play(HEAD, text, selection=(("a",),))[1] == b'{"a":2}'
    assert play(HEAD, text, selection=(("notes",),))[1] == b"{}"
    assert play(HEAD, text, shape=KEEP, selection=(("a",),))[1] == b"{}"
    rules = ReplyRules(DROP)
    answer = downlink_of().read(HEAD)
    branches = [rules.branch(answer, ((f"a{number}",),)) for number in range(40)]
    assert len(set(map(id, branches))) == 40
    assert rules.branch(answer, (("a39",),)) is branches[-1]


def test_the_mask_the_links_and_the_limit_work_together_with_a_cut() -> None:
    secret = "s3cret-key-of-ours"
    text = json.dumps({"next": "http://up.test/p?page=2", "id": secret, "notes": "x" * 500}).encode()
    _, sent, _ = play(HEAD, text, downlink=downlink_of(secret=secret), links=True, cap=Cap(200))
    assert json.loads(sent) == {"next": "https://gw.test/p?page=2", "id": "*" * len(secret)}
    assert play(HEAD, text, cap=Cap(20)).code == "response-too-large"
    rows = json.dumps([{"id": number, "notes": "CANARY"} for number in range(100)]).encode()
    assert len(json.loads(play(HEAD, rows, cap=Cap(300, truncates=True))[1])) > 20


def test_a_part_and_an_unknown_coding_are_not_readable_even_without_secrets() -> None:
    downlink = downlink_of(passes_unreadable=True)
    assert downlink.read(HEAD.replace(b"200 OK", b"206 Part") + b"\r\nContent-Length: 4").unreadable
    assert downlink.read(HEAD + b"\r\nContent-Range: bytes 0-3/9").unreadable
    assert downlink.read(HEAD + b"\r\nContent-Encoding: compress").unreadable


def test_a_body_that_does_not_match_its_coding_is_refused_even_if_unreadable_ones_pass() -> None:
    with pytest.raises(UpstreamError):
        play(HEAD + b"\r\nContent-Encoding: gzip", b'{"notes":"CANARY"}', downlink=downlink_of(passes_unreadable=True))


@pytest.mark.parametrize("status", [b"300", b"302", b"303", b"308"])
def test_a_redirect_in_json_is_cut_like_a_success_and_any_other_passes(status: bytes) -> None:
    head = b"HTTP/1.1 " + status + b" See\r\nContent-Type: application/json"
    _, sent, _ = play(head, b'{"id":1,"notes":"CANARY"}', shape=KEEP)
    assert sent == b'{"id":1}'
    _, sent, _ = play(head, b'{"id":1,"notes":2}', shape=ReplyShape(select="fields"), selection=(("id",),))
    assert sent == b'{"id":1}'
    _, sent, _ = play(b"HTTP/1.1 " + status + b" See\r\nContent-Type: text/html", b"<p>Moved", shape=KEEP)
    assert sent == b"<p>Moved"
