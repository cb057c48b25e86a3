"""The forms of a secret, and the octets that an escape means."""

from __future__ import annotations

import base64
import html
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.proxy.spelling import Unescaper, escapes_at, forms_of, wide_forms_of

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    ("written", "octets"),
    [
        (b"%41", b"A"),
        (b"%2f", b"/"),
        (b"\\u0041", b"A"),
        (b"\\u00e4", "ä".encode()),
        (b"\\uD83D\\uDE00", "😀".encode()),
        (b"\\x41", b"A"),
        (b"\\u{41}", b"A"),
        (b"\\u{0041}", b"A"),
        (b"\\u{1F600}", "😀".encode()),
        (b"\\U00000041", b"A"),
        (b"\\101", b"A"),
        (b"%u0041", b"A"),
        (b"%25u0041", b"A"),
        (b"\\/", b"/"),
        (b'\\"', b'"'),
        (b"&#65;", b"A"),
        (b"&#0065;", b"A"),
        (b"&#x41;", b"A"),
        (b"&#X00041", b"A"),
        (b"&amp;", b"&"),
        (b"&plus;", b"+"),
        (b"&amp", b"&"),
        (b"&Aacute;", "Á".encode()),
        (b"%2541", b"A"),
        (b"%252541", b"A"),
        (b"\\\\\\\\u0041", b"A"),
        (b"&amp;amp;#65;", b"A"),
    ],
)
def test_an_escape_stands_for_its_octets(written: bytes, octets: bytes) -> None:
    assert (octets, len(written)) in escapes_at(b"<" + written + b">", 1) or (
        octets,
        len(written) + 1,
    ) in escapes_at(b"<" + written + b">", 1)


@pytest.mark.parametrize(
    "written",
    [b"A", b"%4", b"%zz", b"\\u004", b"\\q", b"\\n", b"&#;", b"&#x;", b"&nosuchname;", b"\\ud800", b"&#1114112;", b""],
)
def test_what_is_no_escape_stands_for_nothing(written: bytes) -> None:
    assert escapes_at(written, 0) == []


@given(
    st.text(st.characters(exclude_categories=["C", "Z"], include_characters=" "), min_size=6, max_size=30),
    st.binary(max_size=5),
)
def test_base64_of_anything_around_a_secret_holds_one_of_its_forms(secret: str, around: bytes) -> None:
    digits = base64.b64encode(around + secret.encode() + around[::-1])
    assert any(form in digits for form in forms_of(secret))


def test_a_secret_of_latin_letters_has_a_narrow_form_too() -> None:
    assert "schlüssel".encode("latin-1") in forms_of("schlüssel")
    assert "schlüssel€".encode() in forms_of("schlüssel€")


def test_a_blank_may_be_a_plus_as_forms_write_it() -> None:
    assert b"two+words" in forms_of("two words")


@pytest.mark.parametrize(
    "escape", [quote, quote_plus, json.dumps, html.escape, lambda text: json.dumps(text).replace("/", "\\/")]
)
def test_base64_of_what_was_escaped_holds_one_of_the_forms(escape: Callable[..., Any]) -> None:
    # A token endpoint is sent base64 of a client secret that was escaped for a form (RFC 6749, 2.3.1).
    secret = 'cLnt s3Cr"0f/5a+&=='
    for around in ("", "x", "xy"):
        digits = base64.b64encode(f"{around}{escape(secret)}{around}".encode())
        assert any(form in digits for form in forms_of(secret))


def test_wide_forms_have_both_sizes_and_byte_orders() -> None:
    assert wide_forms_of("ab") == (b"a\0b\0", b"\0a\0b", b"a\0\0\0b\0\0\0", b"\0\0\0a\0\0\0b")


ALPHABET = bytes(sorted({*b"ABCabcdefghijklmnopqrstuvwxyz0123456789-_+/=%\\&#;"}))


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (b"a%62c", [b"abc"]),
        (b"a%2562c", [b"a%62c", b"abc"]),
        (b"a\\u0062\\x63\\/", [b"abc/"]),
        (b"a\\\\u0062", [b"a\\u0062", b"ab"]),
        (b"a\\u{62}\\U00000063\\144%u0065", [b"abcde"]),
        (b"&#97;&#x62;&#X00063&plus;&amp;x", [b"abc+&x"]),
        (b"&amp;#97;bc", [b"abc"]),
        (b"%5Cu0061%26#98;", [b"\\u0061&#98;", b"ab"]),
        (b"\\u0026#43;", [b"+"]),
        (b"%22%20\\n\\u0020&lt;&#32;", []),
        (b"100% &c \\", []),
    ],
)
def test_escapes_are_undone_until_no_more_come_to_light(written: bytes, said: list[bytes]) -> None:
    readings = Unescaper(ALPHABET).readings(written)
    assert [reading.text for reading in readings][-1:] == said[-1:]
    assert all(reading.text in said for reading in readings)


@pytest.mark.parametrize("around", [b"", b"x", b"%7a", b"\\/", b"&amp;"])
@pytest.mark.parametrize("written", [b"k%65y", b"%6bey", b"ke%2579", b"\\u006Bey", b"&#107;ey", b"k&amp;#101;y"])
def test_what_a_reading_says_is_found_where_it_was_written(around: bytes, written: bytes) -> None:
    text = around + b"<" + written + b">" + around
    reading = next(one for one in Unescaper(ALPHABET).readings(text) if b"key" in one.text)
    start, end = reading.place(reading.text.index(b"key"), reading.text.index(b"key") + 3)
    assert text[start:end] == written


def test_the_first_escape_is_found() -> None:
    assert Unescaper(ALPHABET).first(b"100%20 &lt; \\n &#97; %61") == 15
    assert Unescaper(ALPHABET).first(b"100% & \\") == -1


def test_words_with_escapes_are_told_from_others() -> None:
    text = b"see %20 a%62c, d&amp;e%66 (100%) \\n"
    assert [text[start:end] for start, end in Unescaper(ALPHABET).words(text, 100)] == [b"a%62c", b"d&amp;e%66"]


def test_a_word_with_escapes_begins_no_earlier_than_is_asked() -> None:
    assert list(Unescaper(ALPHABET).words(b"x" * 50 + b"%62" + b"y" * 50, 10)) == [(40, 103)]


def test_a_partial_reading_undoes_one_kind_of_escapes() -> None:
    said = [reading.text for reading in Unescaper(ALPHABET).partial_readings(b"a%26amp;\\u0062 %20")]
    assert said == [b"a&amp;\\u0062 %20", b"a%26amp;b %20"]
