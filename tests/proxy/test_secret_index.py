"""The index finds forms of secrets in a text, with little work."""

from __future__ import annotations

import os
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.proxy.secret_forms import all_forms_of
from plugin_gateway.proxy.secret_index import SecretIndex
from tests.narrow import present

secrets = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=6, max_size=60)


def index_of(*secrets: str) -> SecretIndex:
    index = SecretIndex()
    index.change(secrets)
    return index


def places(index: SecretIndex, text: bytes) -> set[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    index.find(text, found)
    return set(found)


@given(st.lists(secrets, min_size=1, max_size=6, unique=True), st.binary(max_size=40))
def test_every_form_of_every_secret_is_found(every: list[str], around: bytes) -> None:
    index = index_of(*every)
    for secret in every:
        for form in all_forms_of(secret):
            assert (len(around), len(around) + len(form)) in places(index, around + form + around)


@given(st.lists(secrets, min_size=2, max_size=6, unique=True))
def test_a_secret_that_was_removed_is_found_no_longer_and_the_others_are(every: list[str]) -> None:
    index = index_of(*every)
    index.change((), [every[0]])
    kept = {form for secret in every[1:] for form in all_forms_of(secret)}
    for form in all_forms_of(every[0]):
        assert not any(form[start:end] == form for start, end in places(index, form)) or form in kept
    for form in kept:
        assert (1, 1 + len(form)) in places(index, b"\n" + form)
    for secret in every[1:]:
        index.change((), [secret])
    assert index.longest == 0
    assert index._probes == index._rest_probes == []


@given(secrets, st.integers(0, 5))
def test_a_form_whose_first_octets_are_spoilt_is_found_by_the_others(secret: str, count: int) -> None:
    index = index_of(secret)
    for form in all_forms_of(secret):
        lost = min(count, max(0, len(form) - 6), 5)
        found: list[tuple[int, int]] = []
        rests: list[tuple[int, int, int]] = []
        # A form in UTF-16 may begin with a line break itself, and then is not spoilt.
        index.find(b"\n" * lost + form[lost:], found, rests)
        assert (0, len(form)) in found or any((start, end) == (0, len(form)) for start, _, end in rests)


def starts(text: bytes, part: bytes) -> list[int]:
    return [at for at in range(len(text)) if text.startswith(part, at)]


REPEATING = ["aaaaaa", "aaaaaaaa", "abababab", "baaaaaaaaaa", "abbbbbbb", "aabaabaabaab"]


@given(st.lists(st.sampled_from(REPEATING), min_size=1, unique=True), st.data())
def test_each_place_is_found_however_often_the_octets_of_a_form_occur(every: list[str], data: st.DataObject) -> None:
    forms = {secret.encode(): min(5, len(secret) - 6) for secret in every}
    pieces = [*forms, *(form[lost:] for form, lost in forms.items()), b"a", b"b", b"\n"]
    text = b"".join(data.draw(st.lists(st.sampled_from(pieces), max_size=12)))
    found: list[tuple[int, int]] = []
    rests: list[tuple[int, int, int]] = []
    index_of(*every).find(text, found, rests)
    spoilt = {(start, end) for start, _, end in rests}
    for form, lost in forms.items():
        whole = {(at, at + len(form)) for at in starts(text, form)}
        assert {place for place in found if text[slice(*place)] == form} == whole
        assert {(at - lost, at - lost + len(form)) for at in starts(text, form[lost:]) if at > 0} <= whole | spoilt
    assert all(end - at >= 6 for _, at, end in rests)


@pytest.mark.parametrize("before", [1, 2, 6])
def test_a_rest_is_found_wherever_an_escape_may_stand_before_it(before: int) -> None:
    rests: list[tuple[int, int, int]] = []
    index_of("b" + "a" * 14).find(b"\n" * before + b"a" * 10, [], rests)
    assert {*rests} == {(before - 5, before, before + 10)}


def test_forms_that_share_every_window_are_all_found_even_spoilt() -> None:
    every = ["Q" + "a" * size for size in range(23, 63)]
    index = index_of(*every)
    assert {(0, len(secret)) for secret in every} <= places(index, every[-1].encode())
    rests: list[tuple[int, int, int]] = []
    index.find(b"\n" + every[-1][1:].encode(), [], rests)
    assert {(0, len(secret)) for secret in every} <= {(start, end) for start, _, end in rests}
    index.change((), every[:-1])
    assert places(index, every[-1].encode()) == {(0, 63)}


@pytest.mark.parametrize("gone", range(3))
def test_of_secrets_that_end_alike_only_the_removed_one_is_forgotten(gone: int) -> None:
    every = [f"{number}k3y-of-octets" for number in range(3)]
    index = index_of(*every)
    index.change((), [every[gone]])
    assert [bool(places(index, secret.encode())) for secret in every] == [number != gone for number in range(3)]


def test_the_index_knows_every_octet_of_every_form() -> None:
    # The second secret has only octets that the first one has, but not in ISO 8859-1.
    index = index_of("first-k3y-\xe2\xa9", "second-\xe9")
    for secret in index.secrets:
        assert not any(form.translate(None, index.octets) for form in all_forms_of(secret))


@pytest.mark.parametrize("filler", [b"a", b"z", b".", b"0", b"\0"])
def test_forms_are_found_where_the_octets_that_are_looked_for_are_not_rare(filler: bytes) -> None:
    for count in (1, 500):
        index = index_of(*(f"{number:03d}zz9-aK-z.a" for number in range(count)))
        text = filler * 5000 + b" 000zz9-aK-z.a " + filler * 5000
        assert (5001, 5014) in places(index, text)


def test_secrets_that_begin_alike_are_distinguished_by_their_ends() -> None:
    # Access tokens of one issuer begin alike; an index by their beginning would compare each with all others.
    head = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9." * 8
    index = index_of(*(head + os.urandom(32).hex() for _ in range(200)))
    assert max(len(entries) for _, probe in index._probes for entries in probe.windows.values()) <= 16


def test_a_secret_takes_little_memory_however_long_it_is() -> None:
    long, short = index_of("x-y" * 5000), index_of("x-y" * 10)
    sizes = [
        sum(sys.getsizeof(window) for _, probe in index._probes for window in probe.windows) for index in (long, short)
    ]
    assert sizes[0] <= 2 * sizes[1]


class NoText:
    """Stands in for a text that a sieve does not catch."""

    def catches(self, text: bytes) -> bool:
        del text
        return False


def test_a_text_with_zeros_may_hold_a_secret_in_wide_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    index, found = index_of("k3y-of-23-octets-aB9xYz"), list[tuple[int, int]]()
    monkeypatch.setattr(index, "_sieve", NoText())
    index.find("k3y-of-23-octets-aB9xYz".encode("utf-16-le"), found)
    assert found


def test_the_sieve_follows_the_secrets() -> None:
    pytest.importorskip("ahocorasick_rs", reason="the fast extra is not installed")
    index = index_of("k3y-of-23-octets-aB9xYz")
    assert not present(index._sieve).catches(b"words of a text\n" * 10_000)
    assert present(index._sieve).catches(b"words k3y-of-23-octets-aB9xYz")
    index.change((), ["k3y-of-23-octets-aB9xYz"])
    index.change(["n3w+OF+32+others+bC0yZa"])
    assert not present(index._sieve).catches(b"words k3y-of-23-octets-aB9xYz")
    assert present(index._sieve).catches(b"words n3w+OF+32+others+bC0yZa")


def test_of_a_long_secret_the_sieve_looks_for_the_end_alone() -> None:
    pytest.importorskip("ahocorasick_rs", reason="the fast extra is not installed")
    long = "x-y" * 5000
    assert present(index_of(long)._sieve).catches(long[-256:].encode())
    assert not present(index_of(long)._sieve).catches(long[-250:].encode())


NUMBERED = [f"k3y-of-{number}-octets-aB9xYz" for number in range(10, 19)]


@pytest.mark.parametrize(
    ("every", "is_sieved"),
    [(["k3y-of-14-octe"], True), (["k3y-of-13-oct"], False), (NUMBERED[:8], True), (NUMBERED[:9], False), ([], False)],
    ids=["long", "short", "few", "many", "none"],
)
def test_short_and_many_secrets_have_no_sieve(every: list[str], is_sieved: bool) -> None:
    pytest.importorskip("ahocorasick_rs", reason="the fast extra is not installed")
    assert (index_of(*every)._sieve is not None) is is_sieved


def test_a_long_secret_needs_no_longer_search_than_a_short_one() -> None:
    pytest.importorskip("ahocorasick_rs", reason="the fast extra is not installed")
    long, short = index_of(os.urandom(500).hex()), index_of(os.urandom(16).hex())
    assert len(present(long._sieve)._batches) == len(present(short._sieve)._batches) == 1
