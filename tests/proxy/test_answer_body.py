"""The stages of an answer body: their order, and the head that fits the result."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from plugin_gateway.errors import UpstreamError
from plugin_gateway.proxy.answer_body import AnswerBody
from plugin_gateway.proxy.answer_rules import AnswerRules
from plugin_gateway.proxy.body_links import LinkRules
from plugin_gateway.proxy.downlink import Downlink
from plugin_gateway.proxy.known_secrets import KnownSecrets
from plugin_gateway.proxy.overflow import Cap
from plugin_gateway.refusal import Refusal
from plugin_gateway.revision import UpstreamSettings

SECRET = "s3cret-key-of-ours"
JSON_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
TEXT = json.dumps({"next": "http://up.test/v2/p?page=2", "key": SECRET}).encode()


def play(head: bytes, *pieces: bytes, cap: Cap | None = None, links: bool = False, unreadable: str = "refuse") -> Any:
    """Return the head and body that the client gets for an answer body in these pieces, or the refusal."""
    upstream = UpstreamSettings(
        host="up.test", port=80, authority=b"up.test", prefix=b"/v2", passes_unreadable=unreadable == "pass"
    )
    downlink = Downlink(upstream, "https://gw.test", KnownSecrets(SECRET), varies_by_origin=False)
    answer = downlink.read(head.rstrip(b"\r\n"))
    body = AnswerBody(
        answer, AnswerRules(downlink, links=LinkRules([("next",)], downlink.relocation) if links else None, cap=cap)
    )
    first, sent = None, b""
    for number, piece in enumerate(pieces, 1):
        found = body.feed(piece, is_complete=number == len(pieces))
        if isinstance(found, Refusal):
            return found
        if found is None:
            continue
        first = first or found.answer
        sent += found.data
        if found.is_last:
            break
    return first, sent


def test_a_coded_body_is_decoded_before_it_is_searched_and_its_head_says_so() -> None:
    coded = gzip.compress(TEXT)
    head, sent = play(
        JSON_HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n" % len(coded), coded[:9], coded[9:]
    )
    assert json.loads(sent)["key"] == "*" * len(SECRET)
    assert b"content-encoding" not in head.block.lower()
    assert head.length < 0


def test_links_are_read_after_the_mask_and_the_cap_counts_the_result() -> None:
    head, sent = play(JSON_HEAD, TEXT, links=True, cap=Cap(len(TEXT) + 20))
    assert json.loads(sent) == {"next": "https://gw.test/p?page=2", "key": "*" * len(SECRET)}
    assert head.status == 200
    assert play(JSON_HEAD, TEXT, links=True, cap=Cap(20)).code == "response-too-large"


def test_a_cap_that_cuts_json_replaces_the_head() -> None:
    rows = json.dumps(list(range(100))).encode()
    head, sent = play(JSON_HEAD + b"ETag: x\r\n", rows[:50], rows[50:], cap=Cap(40, truncates=True))
    assert json.loads(sent) == list(range(len(json.loads(sent))))
    assert len(sent) <= 40
    assert b"X-Response-Truncated: true\r\n" in head.block
    assert b"etag" not in head.block.lower()


@pytest.mark.parametrize("cap", [None, Cap(1000)])
def test_a_body_that_does_not_match_its_coding_passes_only_from_its_first_piece_and_if_the_config_permits(
    cap: Cap | None,
) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: gzip\r\n"
    plain = b"not gzip at all, " + SECRET.encode()
    with pytest.raises(UpstreamError):
        play(head, plain)
    found, sent = play(head, plain, unreadable="pass", cap=cap)
    assert sent == b"not gzip at all, " + b"*" * len(SECRET)
    assert b"Content-Encoding: gzip\r\n" in found.block
    coded = gzip.compress(TEXT * 50)
    with pytest.raises(UpstreamError):
        play(head, coded[:60], b"x" * 60, unreadable="pass", cap=cap)
