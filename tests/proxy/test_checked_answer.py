from __future__ import annotations

import gzip
from types import SimpleNamespace
from typing import Any

import pytest

from plugin_gateway.errors import UpstreamError
from plugin_gateway.proxy.answer_body import AnswerBody
from plugin_gateway.proxy.answer_rules import AnswerRules
from plugin_gateway.proxy.checked_answer import MOST_HELD_BYTES, MOST_REPORTED_BYTES, PAUSE_S, Sampler
from plugin_gateway.proxy.downlink import Downlink
from plugin_gateway.proxy.known_secrets import KnownSecrets
from plugin_gateway.proxy.overflow import Piece
from plugin_gateway.proxy.shaped_answer import ReplyRules
from plugin_gateway.revision import UpstreamSettings
from plugin_gateway.shape.answer.check import AnswerCheck
from plugin_gateway.shape.answer.reply import ReplyShape
from plugin_gateway.shape.values.validator import Validator
from plugin_gateway.telemetry.mismatches import Mismatches
from plugin_gateway.telemetry.series import SeriesKey
from tests.narrow import stand_in

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json"
SCHEMA = {"type": "object", "properties": {"id": {"type": "integer"}, "notes": {"type": "string"}}}
CHECK = AnswerCheck(bodies={"200": {b"application/json": Validator(SCHEMA)}}, is_enforced=True)
SECRET = "s3cret-key-of-ours"


def downlink_of(secret: str = "") -> Downlink:
    upstream = UpstreamSettings(host="up.test", port=80, authority=b"up.test", prefix=b"")
    return Downlink(upstream, "https://gw.test", KnownSecrets(secret), varies_by_origin=False, decodes=True)


def play(*pieces: bytes, head: bytes = HEAD, shape: ReplyShape | None = None, secret: str = "") -> Any:
    downlink = downlink_of(secret)
    answer = downlink.read(head)
    body = AnswerBody(answer, AnswerRules(downlink, reply=ReplyRules(shape) if shape else None, check=CHECK))
    found = [body.feed(piece, is_complete=number == len(pieces)) for number, piece in enumerate(pieces, 1)]
    assert found[:-1] == [None] * (len(pieces) - 1)
    return found[-1]


def test_a_body_that_fits_passes_as_a_whole() -> None:
    piece = play(b'{"id":', b"1}")
    assert (piece.data, piece.is_last, piece.answer.length) == (b'{"id":1}', True, 8)


def test_a_compressed_body_is_judged_decoded() -> None:
    assert play(gzip.compress(b'{"id":1}'), head=HEAD + b"\r\nContent-Encoding: gzip").data == b'{"id":1}'


@pytest.mark.parametrize("body", [b'{"id":"CANARY"}', b"[]", b"CANARY", b""])
def test_a_body_that_breaks_its_description_is_refused_before_any_part_of_it_has_passed(body: bytes) -> None:
    with pytest.raises(UpstreamError) as caught:
        play(body[:4], body[4:])
    assert (caught.value.status, caught.value.code) == (502, "invalid-answer")
    assert "CANARY" not in caught.value.detail


def test_the_error_names_the_first_places_and_no_secret() -> None:
    body = b'{"id":"x","notes":1,"%b":2}' % SECRET.encode()
    with pytest.raises(UpstreamError, match="/id expected integer, got string; /notes expected string") as caught:
        play(body, secret=SECRET)
    assert SECRET not in caught.value.detail


def test_a_place_that_is_left_out_does_not_count() -> None:
    shape = ReplyShape(drop=(("notes",),))
    assert play(b'{"id":1,"notes":7}', shape=shape).data == b'{"id":1}'
    with pytest.raises(UpstreamError):
        play(b'{"id":"x","notes":7}', shape=shape)


def test_a_body_that_is_too_large_to_be_held_is_refused() -> None:
    downlink = downlink_of()
    body = AnswerBody(downlink.read(HEAD), AnswerRules(downlink, check=CHECK))
    assert body.feed(b" " * MOST_HELD_BYTES, is_complete=False) is None
    with pytest.raises(UpstreamError, match="larger than 8 MiB"):
        body.feed(b" ", is_complete=False)


class FakeClock:
    def __init__(self) -> None:
        self.now = 100.0
        self.watchers: list[Any] = []

    def watch(self, watcher: Any) -> None:
        self.watchers.append(watcher)

    def unwatch(self, watcher: Any) -> None:
        self.watchers.remove(watcher)

    def tick(self, later_s: float = 0.0) -> None:
        self.now += later_s
        for watcher in [*self.watchers]:
            watcher.on_tick(self.now)


def sampler_of(*, has_looks: bool = True, secret: str = "") -> tuple[Any, Mismatches, FakeClock]:
    clock, mismatches = FakeClock(), Mismatches()
    looks = SimpleNamespace(take=lambda: has_looks)
    sampler = Sampler(CHECK, "getItem", mismatches, stand_in(looks), stand_in(clock))
    return SimpleNamespace(sampler=sampler, downlink=downlink_of(secret)), mismatches, clock


def sampled(world: Any, *pieces: bytes, head: bytes = HEAD, shape: ReplyShape | None = None) -> bytes:
    """Return what the client gets of a body that comes in these pieces."""
    answer = world.downlink.read(head)
    rules = ReplyRules(shape) if shape else None
    body = AnswerBody(answer, AnswerRules(world.downlink, reply=rules, sampler=world.sampler))
    found = (body.feed(piece, is_complete=number == len(pieces)) for number, piece in enumerate(pieces, 1))
    return b"".join(piece.data for piece in found if isinstance(piece, Piece))


def count(mismatches: Mismatches) -> float:
    return mismatches.series().get(SeriesKey("mismatches", ("getItem", "response")), [0])[0]


def test_a_sample_is_taken_at_most_once_a_second() -> None:
    world, mismatches, clock = sampler_of()
    for expected in (1, 2):
        for _ in range(3):
            assert sampled(world, b"[", b"]") == b"[]"
            assert not world.sampler.is_due
        assert count(mismatches) == expected
        clock.tick()
        clock.tick(PAUSE_S / 2)
        assert not world.sampler.is_due
        clock.tick(PAUSE_S / 2)
        assert world.sampler.is_due
    assert clock.watchers == []


def test_an_answer_beyond_the_budget_of_looks_passes_unseen() -> None:
    world, mismatches, clock = sampler_of(has_looks=False)
    assert sampled(world, b"[]") == b"[]"
    assert not world.sampler.is_due
    assert count(mismatches) == 0
    assert len(clock.watchers) == 1


def test_a_sampled_answer_that_fits_is_not_counted() -> None:
    world, mismatches, _ = sampler_of()
    assert sampled(world, b'{"id":1}') == b'{"id":1}'
    assert count(mismatches) == 0


def test_the_body_is_looked_at_decoded_and_before_it_is_cut() -> None:
    world, mismatches, _ = sampler_of()
    body = gzip.compress(b'{"id":"x","notes":"y"}')
    cut = sampled(
        world, body[:9], body[9:], head=HEAD + b"\r\nContent-Encoding: gzip", shape=ReplyShape(drop=(("notes",),))
    )
    assert cut == b'{"id":"x"}'
    assert count(mismatches) == 1


def test_a_place_that_is_left_out_is_not_reported() -> None:
    world, mismatches, _ = sampler_of()
    assert sampled(world, b'{"id":"x"}', shape=ReplyShape(drop=(("id",),))) == b"{}"
    assert count(mismatches) == 0


def test_a_large_body_passes_and_is_not_looked_at() -> None:
    world, mismatches, _ = sampler_of()
    assert sampled(world, b" " * MOST_REPORTED_BYTES, b"[", b"]").strip() == b"[]"
    assert count(mismatches) == 0


def test_a_report_has_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    world, _, _ = sampler_of(secret=SECRET)
    sampled(world, b'{"id":{"%b":1},"notes":1}' % SECRET.encode())
    assert caplog.messages
    assert SECRET not in caplog.text
