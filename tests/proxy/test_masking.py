from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugin_gateway.proxy.masking import Mask, MaskedBody

SECRETS = (b"abcabd", b"abca", b"zz9")


def test_every_whole_secret_is_covered_byte_for_byte():
    assert Mask(SECRETS).cover(b"x abcabd abca zz9 zz8") == b"x ****** **** *** zz8"


@pytest.mark.parametrize("size", [10, 5000, 200_000])
@pytest.mark.parametrize("filler", [b"a", b"z", b"."])
@pytest.mark.parametrize("secret", [b"zz9", b"zz9" * 30], ids=["short", "long"])
def test_secrets_are_covered_in_bodies_of_any_size(size, filler, secret):
    data = filler * size + secret + filler * size + b"abcabd"
    covered = Mask((*SECRETS[:2], secret)).cover(data)
    assert len(covered) == len(data)
    assert covered.count(b"*") == len(secret) + 6


def test_without_secrets_nothing_changes():
    mask = Mask(())
    assert mask.is_idle
    assert mask.cover(b"abc") == b"abc"
    assert MaskedBody(mask).feed(b"abc") == b"abc"


def test_no_secret_is_in_the_repr():
    assert "abca" not in repr(Mask(SECRETS))


@pytest.mark.parametrize(
    ("data", "held"),
    [(b"data: 1\n\n", 0), (b"...ab", 2), (b"...abcab", 5), (b"z", 1), (b"zzz", 2), (b"", 0), (b"abcabc", 3)],
)
def test_only_the_beginning_of_a_secret_is_held_back(data, held):
    assert Mask(SECRETS).tail(data) == held


def test_what_was_held_back_comes_out_at_the_end():
    body = MaskedBody(Mask(SECRETS))
    assert body.feed(b"tail abc") == b"tail "
    assert body.flush() == b"abc"
    assert body.flush() == b""


@given(st.text("abcdz9 ", max_size=60), st.lists(st.integers(0, 60), max_size=8))
@settings(max_examples=300, deadline=None)
def test_a_body_in_pieces_leaks_no_secret_and_keeps_its_length(text, cuts):
    data = text.encode()
    bounds = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    body = MaskedBody(Mask(SECRETS))
    out = b"".join(body.feed(data[start:end]) for start, end in itertools.pairwise(bounds)) + body.flush()
    assert len(out) == len(data)
    assert not any(secret in out for secret in SECRETS)
    assert all(theirs in (ours, ord("*")) for ours, theirs in zip(data, out, strict=True))
