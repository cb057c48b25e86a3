"""A sieve catches each text with a literal, and no other."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from plugin_gateway.proxy import sieve
from plugin_gateway.proxy.sieve import Sieve, sieve_of

pytest.importorskip("ahocorasick_rs", reason="the fast extra is not installed")

literals = st.sets(st.binary(min_size=1, max_size=12), min_size=1, max_size=80)


@given(literals, st.lists(st.binary(max_size=30), max_size=5), st.data())
def test_a_sieve_catches_exactly_the_texts_with_a_literal(
    every: set[bytes], parts: list[bytes], data: st.DataObject
) -> None:
    parts += data.draw(st.lists(st.sampled_from(sorted(every)), max_size=1))
    text = b"".join(data.draw(st.permutations(parts)))
    assume(not any(bytes((octet,)) * 16 in text for octet in range(1, 5)))
    assert Sieve(every).catches(text) is any(literal in text for literal in every)


@pytest.mark.parametrize("number", [0, 27, 28, 99])
@pytest.mark.parametrize("border", [0, 1024, 1024 + 64 * 1024, 1024 + 128 * 1024, 200_000])
def test_a_literal_is_caught_wherever_a_long_text_has_it(border: int, number: int) -> None:
    every = [b"literal-%03d." % number for number in range(100)]
    caught = Sieve(every)
    for at in range(max(0, border - len(every[0])), min(border, 200_000 - len(every[0])) + 1):
        text = b"literal-" * 25_000
        assert caught.catches(text[:at] + every[number] + text[at + len(every[0]) :])
    assert not caught.catches(b"literal-" * 25_000)


def test_there_is_no_sieve_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sieve_of([b"literal"]) is not None
    monkeypatch.setattr(sieve, "_IS_INSTALLED", False)
    assert sieve_of([b"literal"]) is None
