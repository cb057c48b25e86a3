"""The octets that an escape means, and texts whose escapes are undone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.proxy.spelling import _MOST_REMEMBERED, Unescaper, _Meanings, escapes_at

ALPHABET = bytes(sorted({*b"ABCabcdefghijklmnopqrstuvwxyz0123456789-_+/=%\\&#;"}))
ALL = bytes(range(256))


@pytest.mark.parametrize(
    ("written", "octets"),
    [
        (b"%41", b"A"),
        (b"%2f", b"/"),
        (b"\\u0041", b"A"),
        (b"\\u00e4", "ä".encode()),
        (b"\\ue000", "\ue000".encode()),
        (b"\\uD83D\\uDE00", "😀".encode()),
        (b"\\x41", b"A"),
        (b"\\u{41}", b"A"),
        (b"\\u{0041}", b"A"),
        (b"\\u{1F600}", "😀".encode()),
        (b"\\x{41}", b"A"),
        (b"\\x{e4}", "ä".encode()),
        (b"\\u{10ffff}", "\U0010ffff".encode()),
        (b"\\U00000041", b"A"),
        (b"\\U0010FFFF", "\U0010ffff".encode()),
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
    assert Unescaper(ALL).may_occur(b"<" + written + b">")


@pytest.mark.parametrize(
    "written",
    [b"A", b"%4", b"%zz", b"\\u004", b"\\q", b"\\n", b"&#;", b"&#x;", b"&nosuchname;", b"\\ud800", b"&#1114112;", b""],
)
def test_text_that_is_not_an_escape_has_no_meaning(written: bytes) -> None:
    assert escapes_at(written, 0) == []


SPELLINGS = [
    *(b"%%%02x", b"%%%02X", b"%%u00%02x", b"%%U00%02X"),
    *(b"\\u00%02x", b"\\u00%02X", b"\\x%02x", b"\\x%02X", b"\\U000000%02x", b"\\u{%x}", b"\\x{%06X}", b"\\%03o"),
    *(b"&#%d;", b"&#%d", b"&#000%d;", b"&#x%x;", b"&#X%X;", b"&#x%x"),
]


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("octets", [ALPHABET, ALL])
def test_each_octet_of_a_secret_is_read_in_each_spelling(octets: bytes, spelling: bytes) -> None:
    unescaper = Unescaper(octets)
    for octet in octets:
        written = b"<" + spelling % octet + b">"
        means_an_octet = spelling[:1] == b"%" or spelling == b"\\%03o"
        assert unescaper.may_occur(written)
        assert unescaper.readings(written)[-1].text == (
            b"<%c>" % octet if means_an_octet else f"<{chr(octet)}>".encode()
        )


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_escapes_of_octets_that_no_secret_contains_stay(spelling: bytes) -> None:
    unescaper = Unescaper(ALPHABET)
    for octet in {*ALL} - {*ALPHABET}:
        assert unescaper.partial_readings(b"<" + spelling % octet + b">") == []


@pytest.mark.parametrize(
    ("character", "written"),
    [
        *(
            ("亀", written)
            for written in (b"\\u4e80", b"\\u4E80", b"\\x{4e80}", b"\\U00004E80", b"&#20096;", b"&#x4E80;")
        ),
        *(
            ("é", written)
            for written in (b"\\xe9", b"\\xE9", b"\\u00e9", b"&#233;", b"&#xE9", b"&eacute;", b"%C3%A9", b"\\303\\251")
        ),
        *(
            ("😀", written)
            for written in (b"\\ud83d\\ude00", b"\\uD83D\\uDE00", b"\\U0001F600", b"\\u{1f600}", b"&#X1f600;")
        ),
    ],
)
@pytest.mark.parametrize("octets", [ALPHABET + bytes(range(0x80, 0x100)), ALL])
def test_wide_characters_are_read_in_each_spelling(octets: bytes, character: str, written: bytes) -> None:
    unescaper = Unescaper(octets)
    assert unescaper.may_occur(b"<" + written + b">")
    assert unescaper.readings(b"<" + written + b">")[-1].text == f"<{character}>".encode()


@pytest.mark.parametrize("written", [b"\\u4e80", b"&#20096;"])
def test_one_octet_beyond_ascii_makes_every_wide_character_matter(written: bytes) -> None:
    unescaper = Unescaper(ALPHABET + b"\x80")
    assert unescaper.may_occur(written)
    assert unescaper.readings(written)[-1].text == "亀".encode()


@pytest.mark.parametrize("written", [b"\\ud800", b"&#1114112;", b"%4X", b"%X4", b"\\X41", b"&#xX;", b"&nosuchname;"])
def test_text_that_means_no_character_stays(written: bytes) -> None:
    assert Unescaper(ALL).readings(b"<" + written + b">") == []


@pytest.mark.parametrize("written", [b"%4X", b"%X4", b"\\x4X", b"\\u004X", b"\\X41"])
def test_a_letter_that_is_no_digit_ends_no_escape(written: bytes) -> None:
    assert Unescaper(ALL).partial_readings(written) == []


def test_as_many_meanings_of_short_escapes_as_the_bound_are_remembered() -> None:
    meanings = _Meanings()
    short, long = b"&amp;#x00000041;", b"&amp;#x000000041;"
    assert meanings[short] == meanings[long] == b"A"
    assert [*meanings] == [short]
    for code in range(0x100, 0x100 + _MOST_REMEMBERED):
        assert meanings[b"\\u%04x" % code] == chr(code).encode()
    assert len(meanings) == _MOST_REMEMBERED


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (b"a%62c", [b"abc"]),
        (b"a%2562c", [b"a%62c", b"abc"]),
        (b"a\\u0062\\x63\\/", [b"abc/"]),
        (b"a\\\\u0062", [b"a\\u0062", b"ab"]),
        (b"a\\u{62}\\U00000063\\144%u0065\\x{66}", [b"abcdef"]),
        (b"&#97;&#x62;&#X00063&plus;&amp;x", [b"abc+&x"]),
        (b"&amp;#97;bc", [b"abc"]),
        (b"%5Cu0061%26#98;", [b"\\u0061&#98;", b"ab"]),
        (b"\\u0026#43;", [b"+"]),
        (b"a\\\\/b", [b"a/b"]),
        (b"%22%20\\n\\u0020&lt;&#32;", []),
        (b"100% &c \\", []),
    ],
)
def test_escapes_are_undone_until_no_more_come_to_light(written: bytes, said: list[bytes]) -> None:
    readings = Unescaper(ALPHABET).readings(written)
    assert [reading.text for reading in readings][-1:] == said[-1:]
    assert all(reading.text in said for reading in readings)


def test_the_first_escape_is_found() -> None:
    assert Unescaper(ALPHABET).first(b"100%20 &lt; \\n &#97; %61") == 15
    assert Unescaper(ALPHABET).first(b"%61 &#97;") == 0
    assert Unescaper(ALPHABET).first(b"100% & \\") == -1


def test_only_words_with_escapes_are_yielded() -> None:
    text = b"see %20 a%62c, d&amp;e%66 (100%) \\n"
    assert [text[start:end] for start, end in Unescaper(ALPHABET).words(text, 100)] == [b"a%62c", b"d&amp;e%66"]


def test_a_word_with_escapes_begins_no_earlier_than_is_asked() -> None:
    assert list(Unescaper(ALPHABET).words(b"x" * 50 + b"%62" + b"y" * 50, 10)) == [(40, 103)]


def test_a_partial_reading_undoes_one_kind_of_escapes() -> None:
    said = [reading.text for reading in Unescaper(ALPHABET).partial_readings(b"a%26amp;\\u0062 %20 & b")]
    assert said == [b"a&amp;\\u0062 %20 & b", b"a%26amp;b %20 & b"]


PARTS = [
    b"%",
    b"\\",
    b"&",
    b"#",
    b";",
    *(b"%c" % octet for octet in b"0123456789abcdefABCDEFuUxX{}/\"'n "),
    b"\\u00",
    b"\\u{0",
    b"amp",
    b"plus;",
    b"auml;",
    b"lt;",
]


@pytest.mark.parametrize("octets", [ALPHABET, ALPHABET + b"\"'", ALPHABET + bytes(range(0x80, 0x100))])
@given(parts=st.lists(st.sampled_from(PARTS), max_size=12))
def test_a_text_that_can_have_no_escape_has_none(octets: bytes, parts: list[bytes]) -> None:
    unescaper = Unescaper(octets)
    text = b"".join(parts)
    assert unescaper.may_occur(text) or (unescaper.first(text) < 0 and list(unescaper.words(text, 100)) == [])


def test_escapes_of_octets_that_no_secret_contains_are_passed_over() -> None:
    pytest.importorskip("ahocorasick_rs", reason="the fast extra is not installed")
    assert not Unescaper(ALPHABET).may_occur(b'he said \\"yes\\" \\n\\r\\t\\X &lt; &nbsp; 100% & %X more')
    assert not Unescaper(ALPHABET).may_occur(b"\\u00e4 \\u00E4 \\u20ac %C3%A4 %e2%82%ac")
    assert Unescaper(ALPHABET + "ä".encode()).may_occur(b"\\u00e4")
    for escape in (
        b"\\u0041",
        b"\\u{41}",
        b"\\U00000041",
        b"\\x41",
        b"\\101",
        b"\\\\",
        b"\\/",
        b"%41",
        b"%u0041",
        b"&#65;",
        b"&amp;",
    ):
        assert Unescaper(ALPHABET).may_occur(b"text " + escape + b" text")
