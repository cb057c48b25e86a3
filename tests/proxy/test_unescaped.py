"""Texts with their escapes undone: where each part was written."""

from __future__ import annotations

import pytest

from plugin_gateway.proxy.spelling import Unescaper
from plugin_gateway.proxy.unescaped import Replaced, Undone

ALPHABET = b"abcdefghijklmnopqrstuvwxyz0123456789-_+/=%\\&#;"


def test_an_escape_belongs_whole_to_each_octet_that_it_means() -> None:
    undone = Undone(b"a\xc3\xa4b", [b"a", b"&auml;", b"b"], [b"a", b"\xc3\xa4", b"b"])
    assert [undone.place(at, at + 1) for at in range(4)] == [(0, 1), (1, 7), (1, 7), (7, 8)]
    assert undone.place(0, 4) == (0, 8)


@pytest.mark.parametrize(("meaning", "begins_escapes"), [(b"%", True), (b"&", True), (b"\\", True), (b"/", False)])
def test_an_escape_that_meant_an_introducer_asks_for_another_round(meaning: bytes, begins_escapes: bool) -> None:
    assert Undone(b"a" + meaning, [b"a", b"~", b""], [b"a", meaning, b""]).has_introducer is begins_escapes
    assert Replaced(b"a~", b"~", meaning).has_introducer is begins_escapes


@pytest.mark.parametrize(("before", "begins_escapes"), [(b"a\\", True), (b"a%", True), (b"a&", True), (b"\\a", False)])
def test_an_escape_behind_an_introducer_asks_for_another_round(before: bytes, begins_escapes: bool) -> None:
    assert Undone(before + b'"', [before, b"&quot;", b""], [before, b'"', b""]).has_introducer is begins_escapes


def test_an_introducer_at_the_end_asks_for_no_other_round() -> None:
    assert not Undone(b'"\\', [b"", b"&quot;", b"\\"], [b"", b'"', b"\\"]).has_introducer


def test_a_replaced_escape_leads_back_to_its_place_in_the_text() -> None:
    replaced = Replaced(b"x\\/y\\/", b"\\/", b"/")
    assert replaced.text == b"x/y/"
    assert [replaced.place(at, at + 1) for at in range(4)] == [(0, 1), (1, 3), (3, 4), (4, 6)]


@pytest.mark.parametrize("around", [b"", b"x", b"%7a", b"\\/", b"&amp;"])
@pytest.mark.parametrize("written", [b"k%65y", b"%6bey", b"ke%2579", b"\\u006Bey", b"&#107;ey", b"k&amp;#101;y"])
def test_a_place_in_a_reading_leads_back_to_its_place_in_the_text(around: bytes, written: bytes) -> None:
    text = around + b"<" + written + b">" + around
    reading = next(one for one in Unescaper(ALPHABET).readings(text) if b"key" in one.text)
    start, end = reading.place(reading.text.index(b"key"), reading.text.index(b"key") + 3)
    assert text[start:end] == written
