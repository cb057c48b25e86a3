"""Path templates as segments of symbols."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.gate.template import Segment, fold_symbols, parse_template, sample_path, symbols_of


def one(text: str) -> Segment:
    (segment,) = parse_template(text).segments
    return segment


@pytest.mark.parametrize(
    ("template", "value", "matches"),
    [
        ("/{name}.json", "a.json", True),
        ("/{name}.json", ".json", False),
        ("/{name}.json", "a.jsonx", False),
        ("/{name}.json", "a.JSON", False),
        ("/{name}.json", "a.json.json", True),
        ("/{owner}:{action}", "o:a", True),
        ("/{owner}:{action}", ":a", False),
        ("/{owner}:{action}", "o:", False),
        ("/{owner}:{action}", "o:a:b", True),
        ("/a{b}c", "abc", True),
        ("/a{b}c", "ac", False),
        ("/a{b}a", "a", False),
        ("/aa{b}aa", "aaa", False),
        ("/{a}{b}", "xy", True),
        ("/{a}{b}", "x", False),
        ("/{base}...{head}", "main...dev", True),
        ("/{base}...{head}", "main..dev", False),
        ("/{a}-{b}-{c}", "1-2-3", True),
        ("/{a}-{b}-{c}", "1--3", False),
        ("/{a}-{b}-{c}", "1---3", True),
        ("/(a+)+{name}", "(a+)+x", True),
        ("/(a+)+{name}", "aaaa", False),
        ("/v1.{x}", "v1.9", True),
        ("/v1.{x}", "v1x9", False),
        ("/{a}x{b}x", "axbxcx", True),
        ("/{a}ab", "aab", True),
        ("/{a}ab", "ab", False),
    ],
)
def test_a_pattern_matches_exactly_what_it_says(template: str, value: str, matches: bool) -> None:
    assert one(template).pattern.matches(value) is matches


PARTS = st.sampled_from([each for size in range(1, 7) for each in product(["a", "b", "ab", None], repeat=size)])
VALUES = st.sampled_from(["".join(letters) for size in range(11) for letters in product("ab", repeat=size)])


@given(PARTS, VALUES)
def test_a_pattern_agrees_with_the_regular_expression_it_replaces(parts: tuple[str | None, ...], text: str) -> None:
    import re

    template = "/" + "".join("{p}" if part is None else part for part in parts)
    expression = "".join(".+" if part is None else re.escape(part) for part in parts)

    assert one(template).pattern.matches(text) is (re.fullmatch(expression, text) is not None)


@given(PARTS, VALUES)
def test_a_folded_pattern_matches_exactly_the_texts_of_its_glob(parts: tuple[str | None, ...], text: str) -> None:
    import re

    template = "/" + "".join("{p}" if part is None else part for part in parts)
    expression = "".join(".*" if part is None else re.escape(part) for part in parts)

    assert one(template).folded()[0].matches(text) is (re.fullmatch(expression, text) is not None)


def test_adjacent_parameters_are_matched_in_linear_time() -> None:
    segment = one("/" + "{a}" * 50 + "x" + "{b}" * 50 + "y")

    assert not segment.pattern.matches("x" * 8000)


@pytest.mark.parametrize(
    ("template", "sent", "equal"),
    [
        ("/pets", b"pets", True),
        ("/pets", b"Pets", False),
        ("/p%65ts", b"pets", True),
        ("/pets", b"p%65ts", False),
        ("/café", b"caf%C3%A9", True),
        ("/café", b"caf%c3%a9", True),
        ("/caf%c3%a9", b"caf%C3%A9", True),
        ("/a b", b"a%20b", True),
        ("/a:é", b"a:%C3%A9", True),
        ("/\ud800", b"%3F", True),
        ("/a%20b", b"a%20b", True),
        ("/100%", b"100%25", True),
        ("/$ref", b"$ref", True),
        ("/{open", b"%7Bopen", True),
        ("/%7Euser", b"~user", True),
        ("/%7Euser", b"%7Euser", False),
    ],
)
def test_a_literal_is_compared_by_octets_in_their_normal_spelling(template: str, sent: bytes, equal: bool) -> None:
    assert (one(template).literal == symbols_of(sent)) is equal


def test_a_literal_text_is_no_place_inside_an_escape() -> None:
    assert not one("/{x}A{y}").pattern.matches(symbols_of(b"b%2Ac"))


@pytest.mark.parametrize(
    ("template", "names"),
    [
        ("/{na/me}", [("na/me",)]),
        ("/{a?b}/{c#d}", [("a?b",), ("c#d",)]),
        ("/a/{x}.{y}/", [(), ("x", "y"), ()]),
        ("/", [()]),
        ("/}{/{a", [(), ()]),
    ],
)
def test_braces_hold_any_name(template: str, names: list[Any]) -> None:
    assert [segment.names for segment in parse_template(template).segments] == names


@pytest.mark.parametrize(
    ("template", "path", "query"),
    [
        ("/responses/{id}?beta=true", b"/responses/x", (b"beta=true",)),
        ("/a?x=1&y", b"/a", (b"x=1", b"y")),
        ("/files/{id}#add_shared_link", b"/files/x", ()),
        ("/a?x=1#frag", b"/a", (b"x=1",)),
        ("/a", b"/a", ()),
        ("/é/", b"/%C3%A9/", ()),
    ],
)
def test_the_query_and_the_fragment_of_a_template_are_not_in_its_path(
    template: str, path: bytes, query: tuple[bytes, ...]
) -> None:
    parsed = parse_template(template)

    assert (sample_path(parsed), parsed.query) == (path, query)


@pytest.mark.parametrize(
    ("wide", "narrow", "covers"),
    [
        ("/{x}", "/a", True),
        ("/{x}", "/{y}.json", True),
        ("/{x}.json", "/{y}", False),
        ("/{x}.{f}", "/{y}.json", True),
        ("/{x}.json", "/{y}.{f}", False),
        ("/a", "/a", True),
        ("/a", "/b", False),
        ("/a", "/{x}", False),
        ("/a{x}", "/ab", True),
        ("/ab", "/abc", False),
        ("/{x}{y}{z}", "/{x}y", False),
    ],
)
def test_a_segment_covers_a_narrower_segment(wide: str, narrow: str, covers: bool) -> None:
    assert one(wide).covers(one(narrow)) is covers


@given(PARTS, PARTS, VALUES)
def test_segments_that_match_one_text_meet(
    this: tuple[str | None, ...], other: tuple[str | None, ...], text: str
) -> None:
    if Segment(this).pattern.matches(text) and Segment(other).pattern.matches(text):
        assert Segment(this).meets(Segment(other))


@pytest.mark.parametrize(
    ("first", "second"),
    [("/a", "/b"), ("/a", "/{x}b"), ("/a", "/a{x}"), ("/a{x}", "/b{x}"), ("/{x}a", "/{x}b"), ("/a{x}c", "/a{x}d"), ("/c{x}a", "/d{x}a")],
)  # fmt: skip
def test_segments_that_begin_or_end_with_different_texts_do_not_meet(first: str, second: str) -> None:
    assert not one(first).meets(one(second))
    assert not one(second).meets(one(first))


def test_an_escape_in_a_request_never_equals_a_raw_character() -> None:
    assert symbols_of(b"aA%41%2f%2F") == "aA\u0241\u012f\u012f"


def test_a_folded_pattern_takes_a_format_after_the_segment() -> None:
    segment, with_format = one("/{a}x").folded()
    assert [segment.matches(text) for text in ("1x", "x", "1x.json", "1y")] == [True, True, False, False]
    assert [with_format.matches(text) for text in ("1x.json", "x.", "1x", "1xjson")] == [True, True, False, False]
    assert one("/{a}").folded()[1].matches("a.json")


def test_a_sample_has_a_letter_for_each_parameter() -> None:
    assert sample_path(parse_template("/a/{b}-{c}/{d}.json")) == b"/a/x-x/x.json"


def test_templates_that_differ_in_names_only_have_one_shape() -> None:
    assert parse_template("/a/{x}").shape == parse_template("/a/{y}").shape
    assert parse_template("/a/{x}").shape != parse_template("/A/{x}").shape
    assert parse_template("/a/{x}").shape != parse_template("/a/{x}/").shape


def test_a_literal_folds_to_what_it_decodes_to() -> None:
    assert fold_symbols(one("/Caf%C3%89.x").literal or "") == "cafe.x"
    assert fold_symbols(one("/a%FF").literal or "") == "a\ufffd"


@given(st.text(max_size=30))
def test_any_key_of_paths_can_be_parsed(text: str) -> None:
    template = parse_template("/" + text)

    assert template.segments
    assert sample_path(template).startswith(b"/")
