"""The grammar of targets: what it draws, and that a seed repeats it."""

from __future__ import annotations

import re
from random import Random

from fuzz.origins.grammar import draw
from fuzz.origins.surface import ALLOWED_NAMES


def test_a_seed_draws_the_same_targets_again_and_another_seed_draws_others() -> None:
    assert list(draw(200, Random(1))) == list(draw(200, Random(1)))
    assert list(draw(200, Random(1))) != list(draw(200, Random(2)))


def test_every_target_is_one_request_that_carries_its_number() -> None:
    for target in draw(2000, Random()):
        head, _, body = target.data.partition(b"\r\n\r\n")
        assert re.search(rb"\r\nUser-Agent: target/%d\r\n" % target.number, head + b"\r\n")
        if length := re.search(rb"\r\nContent-Length: (\d+)", head):
            assert len(body) == int(length[1])
        elif b"\r\nTransfer-Encoding: chunked" in head:
            assert body.endswith(b"0\r\n\r\n")
        else:
            assert body == b""


def test_some_targets_are_honest_and_say_what_they_expect() -> None:
    honest = [target for target in draw(2000, Random()) if target.expected]
    assert 50 < len(honest) < 500
    assert {target.expected for target in honest} == ALLOWED_NAMES
    assert not any(b"callers-secret" in target.data for target in honest)


def test_among_the_hostile_ones_are_letters_that_case_mapping_makes_plain() -> None:
    drawn = b"".join(target.data for target in draw(20_000, Random()))
    for octets in (b"%C4%B0", b"%C4%B1", b"%E2%84%AA", b"%C5%BF"):  # U+0130, U+0131, Kelvin sign, long s
        assert octets in drawn
