"""Forms that look like escapes: their places, and the work to find them."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.proxy.lookalikes import Lookalikes, is_lookalike
from plugin_gateway.proxy.masking import Mask
from plugin_gateway.proxy.spelling import escapes_at


def places_of(form: bytes, text: bytes) -> list[tuple[int, int]]:
    return Lookalikes([form]).find(text, 0, len(text))


@pytest.mark.parametrize(
    "written",
    [b"a%41b", b"%61%41b", b"a%2541b", b"a%%341b", b"a&percnt;41b", b"a%4\\u0031b", b"a%\\x341b"],
)
def test_a_form_that_looks_like_an_escape_is_found_as_itself_and_escaped(written: bytes) -> None:
    assert places_of(b"a%41b", b"<" + written + b"/>") == [(1, 1 + len(written))]


def test_the_unescaped_text_of_a_lookalike_is_not_found() -> None:
    assert places_of(b"a%41b", b"aAb a%42b a%41c b%41b %41b") == []
    assert places_of(b"a%41b", b"a%41b b%41b") == [(0, 5)]


def test_only_a_form_with_an_introducer_is_a_lookalike() -> None:
    assert [form for form in (b"a%b", b"a&b", b"a\\b", b"a#b;c=d") if is_lookalike(form)] == [b"a%b", b"a&b", b"a\\b"]


def test_forms_that_begin_or_overlap_one_another_are_one_place() -> None:
    forms = Lookalikes([b"a%b", b"a%b&c", b"&cd"])
    assert forms.find(b"x a%b&amp;cd a%b", 0, 16) == [(2, 12), (13, 16)]


def test_a_wide_escape_that_reaches_over_two_places_joins_them() -> None:
    assert places_of(b"&#38;&", b"&#38;&#38;&#38;&") == [(0, 16)]


def ends_of(form: bytes, text: bytes, at: int, last: int) -> set[int]:
    """Return where the form may end that begins at a place of the text, by trying every way to read it."""
    if not form:
        return {at}
    ways = [(text[at : at + 1], at + 1), *escapes_at(text, at)] if at < last else []
    return {
        end
        for octets, after in ways
        if after <= last and form.startswith(octets)
        for end in ends_of(form[len(octets) :], text, after, last)
    }


FORMS = st.text("a%&\\/5;#1", min_size=1, max_size=6).map(str.encode)
PARTS = [
    "a",
    "%",
    "&",
    "\\",
    "/",
    "5",
    ";",
    "#",
    "1",
    "b",
    "%25",
    "%61",
    "&amp;",
    "&#37;",
    "\\/",
    "\\\\",
    "\\u0061",
    "&amp;#97;",
]


@given(st.data(), st.lists(FORMS, max_size=3))
def test_forms_are_found_exactly_where_some_reading_of_the_text_has_them(
    data: st.DataObject, forms: list[bytes]
) -> None:
    written = st.sampled_from([*PARTS, *(form.decode() for form in forms)])
    text = "".join(data.draw(st.lists(written, max_size=6))).encode()
    first, last = sorted((data.draw(st.integers(0, len(text))), data.draw(st.integers(0, len(text)))))
    places: list[tuple[int, int]] = []
    for start in range(first, last):
        for end in {end for form in forms for end in ends_of(form, text, start, last)}:
            if places and start <= places[-1][1]:
                places[-1] = places[-1][0], max(end, places[-1][1])
            else:
                places.append((start, end))
    assert Lookalikes(forms).find(text, first, last) == places


def test_an_escape_of_two_octets_may_end_the_text() -> None:
    assert places_of(b"&/", b"&\\/") == [(0, 3)]


def test_two_escapes_that_end_at_one_octet_are_both_read() -> None:
    assert places_of(b"&/", b"&\\\\\\/") == [(0, 5)]
    assert places_of(b"&\\/", b"&\\\\\\/") == [(0, 5)]


def test_without_forms_there_is_no_shortest_one() -> None:
    assert Lookalikes([]).shortest == 0


def test_text_outside_the_bounds_is_not_read() -> None:
    assert Lookalikes([b"a%b"]).find(b"a%b a%b", 1, 6) == []
    assert Lookalikes([b"a%b"]).find(b"a%b a%62", 3, 7) == []


@pytest.mark.parametrize(
    "written",
    [
        b"pa%s\\w&rd",
        b"pa%s\\\\w\\u0026amp;rd",
        b"pa%25s%5C%5Cw%26rd",
        b"pa%25s&#92;\\u0077&amp;rd",
        b"pa%s%5Cu005Cw&amp;rd",
        b"pa&#37;s&amp;#92;w&amp;amp;rd",
    ],
)
def test_a_secret_that_looks_like_an_escape_is_covered_after_being_escaped_once_or_twice(written: bytes) -> None:
    assert Mask(["pa%s\\w&rd"]).cover(b'"' + written + b'"') == b'"' + b"*" * len(written) + b'"'


SECRETS = ["pa%s\\w&rd-x9", "%" * 12, "\\" * 12, "&amp;" * 3, "%25" * 20, "ab%" + "ab" * 60, "\\u005c" * 30, "&#37;x%"]
TEXTS = [b"%", b"%25", b"%%25", b"&amp;", b"&", b"\\", b"\\u005c", b"amp;", b"&#0", b"&#37;", b"%5C", b"a\\", b"&#x0"]


def work_of(secret: str, body: bytes) -> int:
    """Return how many lines of the gateway's code run to search for a secret."""
    mask = Mask([secret])
    mask.cover(body)
    lines = 0

    def count(frame: Any, event: Any, argument: Any) -> Any:
        nonlocal lines
        lines += event == "line"
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        mask.cover(body)
    finally:
        sys.settrace(before)
    return lines


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("text", TEXTS)
def test_the_work_for_an_octet_is_bounded_whatever_the_secret_and_the_text_hold(secret: str, text: bytes) -> None:
    # Some of these texts repeat the secret many times, which costs the most.
    body = (text * 16)[:48] + b"~"
    few, many = (work_of(secret, body * times) for times in (10, 80))
    assert many < 300 * len(body) * 80
    assert many < 9 * few


@pytest.mark.parametrize("escape", [b"%%%02x", b"\\u%04x", b"&#%d;"])
@pytest.mark.parametrize("size", range(2, 11))
def test_the_work_does_not_reveal_how_much_of_a_guess_is_right(escape: bytes, size: int) -> None:
    secret = "sk%Live\\8F&h2q"
    right, wrong = secret[:size], secret[: size - 1] + "z"
    bodies = [
        (guess[:1].encode() + escape % ord(guess[1]) + guess[2:].encode() + b" ") * 60 for guess in (right, wrong)
    ]
    assert abs(work_of(secret, bodies[0]) - work_of(secret, bodies[1])) < 60 * 8
