"""Answer rules: whether they leave answers as they are, and the heads of answers without a body."""

from __future__ import annotations

from typing import Any

import pytest

from plugin_gateway.proxy.answer_rules import AnswerRules
from plugin_gateway.proxy.body_links import LinkRules
from plugin_gateway.proxy.downlink import Downlink
from plugin_gateway.proxy.known_secrets import KnownSecrets
from plugin_gateway.proxy.overflow import Cap
from plugin_gateway.proxy.shaped_answer import ReplyRules
from plugin_gateway.revision import UpstreamSettings
from plugin_gateway.shape.answer.check import AnswerCheck
from plugin_gateway.shape.answer.reply import ReplyShape

DOWNLINK = Downlink(
    UpstreamSettings(host="up.test", port=80, authority=b"up.test"),
    "https://gw.test",
    KnownSecrets("s3cret-key-of-ours"),
    varies_by_origin=False,
)
LINKS = LinkRules([("next",)], DOWNLINK.relocation)
REPLY = ReplyRules(ReplyShape(drop=(("notes",),)))
HEAD = b'HTTP/1.1 %b\r\nContent-Type: %b\r\nETag: "a"\r\nContent-Length: 9'


@pytest.mark.parametrize(
    ("parts", "only_mask"),
    [
        ({}, True),
        ({"links": LINKS}, False),
        ({"reply": REPLY}, False),
        ({"check": AnswerCheck(bodies={}, is_enforced=True)}, False),
        ({"cap": Cap(9)}, False),
    ],
    ids=["nothing", "links", "reply", "check", "cap"],
)
def test_a_body_needs_only_masking_unless_a_rule_reads_or_counts_it(parts: dict[str, Any], only_mask: bool) -> None:
    assert AnswerRules(DOWNLINK, **parts).only_mask is only_mask


def test_an_answer_without_a_body_has_the_head_of_the_answer_with_a_body() -> None:
    answer = DOWNLINK.read(HEAD % (b"200 OK", b"application/json"))
    assert AnswerRules(DOWNLINK).bodiless_head(answer) is answer
    assert AnswerRules(DOWNLINK, links=LINKS).bodiless_head(answer) is LINKS.head(answer)


@pytest.mark.parametrize(
    ("status", "kind", "etag"),
    [
        (b"200 OK", b"application/json", b'W/"a"'),
        (b"304 Not Modified", b"text/html", b'W/"a"'),
        (b"200 OK", b"text/html", b'"a"'),
    ],
)
def test_an_answer_without_a_body_has_the_head_of_a_cut_answer(status: bytes, kind: bytes, etag: bytes) -> None:
    head = AnswerRules(DOWNLINK, reply=REPLY).bodiless_head(DOWNLINK.read(HEAD % (status, kind)))
    assert b"ETag: " + etag in head.block
    assert (b"Content-Length" in head.block) == (etag == b'"a"')
