from typing import Any

import pytest

from plugin_gateway.config.mistake import Mistake
from plugin_gateway.config.places import Places, as_finding
from plugin_gateway.config.tree import read
from plugin_gateway.diagnostics import Location

TEXT = """\
openapi: x
upstream:
  credential: {header: X, value: {value: hunter2}}
allow: [a, {operation: b}]
"""


def places(text: str = TEXT) -> Places:
    return Places("g.yaml", text, read(text)[0])


@pytest.mark.parametrize(
    ("pointer", "key", "line", "column", "length"),
    [
        ((), False, 0, 0, 1),
        (("openapi",), False, 1, 10, 1),
        (("openapi",), True, 1, 1, 7),
        (("openapi", "source"), False, 1, 10, 1),
        (("upstream", "credential", 0, "header"), False, 3, 24, 1),
        (("upstream", "credential", "value", "value"), False, 3, 42, 7),
        (("allow", 1, "operation"), True, 4, 13, 9),
        (("allow", 7), False, 4, 8, 19),
        (("nothing",), False, 1, 1, 1),
    ],
)
def test_a_pointer_leads_to_the_written_value_or_the_nearest_around_it(
    pointer: tuple[int | str, ...], key: bool, line: int, column: int, length: int
) -> None:
    location = places().locate(pointer, key=key)
    assert (location.line, location.column, location.length) == (line, column, length)


@pytest.mark.parametrize("pointer", [(), ("openapi",), ("upstream", "credential", 0, "header"), ("nothing",)])
def test_the_place_of_a_value_in_a_packed_text_is_the_file(pointer: tuple[int | str, ...]) -> None:
    packed = Places("r.bin", TEXT, read(TEXT)[0], is_packed=True)
    assert packed.locate(pointer) == Location("r.bin")


@pytest.mark.parametrize(
    ("judged", "written"),
    [
        (("openapi", "source"), ("openapi",)),
        (("upstream", "credential", 0, "value", "value"), ("upstream", "credential", "value", "value")),
        (("upstream", "credential", 0, "bearer"), ("upstream", "credential", "bearer")),
        (("allow", 0, "operation"), ("allow", 0)),
        (("allow", 7), ("allow", 7)),
        (("auth", "tokens", 0, "token", "env"), ("auth", "tokens", 0, "env")),
        (("auth", "tokens", 1, "token", "env"), ("auth", "tokens", 1, "token", "env")),
        (("auth", "tokens", 1, "token", "file"), ("auth", "tokens", 1, "token", "file")),
        (("auth", "tokens", 0, "token"), ("auth", "tokens", 0, "token")),
        (("log", "level"), ("log", "level")),
    ],
)
def test_a_mistake_is_named_by_the_pointer_that_the_file_has(judged: tuple[Any, ...], written: tuple[Any, ...]) -> None:
    tokens = "auth: {tokens: [{name: a, env: A}, {name: b, token: {env: B}}]}\n"
    assert places(TEXT + tokens).written(judged) == written


def test_an_override_keeps_the_pointer_of_its_name() -> None:
    where = places()
    where.overrides[("upstream", "credential", 0, "bearer")] = "env X"
    assert where.written(("upstream", "credential", 0, "bearer")) == ("upstream", "credential", 0, "bearer")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("plugin: {}\na:\n  color: #ff0000\n", [("a", "color")]),
        ("a:\n- #b\n- c\n", [("a", 0)]),
        ("a:\n  ? b\n", []),
        ("? a\n", []),
        ("a:\n  ?\n", []),
        ("a: # a comment\nb:   ## one\nc: #d\n  e: 1\nf: x #y\ng: '' #h\n", []),
    ],
)
def test_a_value_that_became_a_comment_is_found(text: Any, found: Any) -> None:
    assert list(places(text).commented_out()) == found


def test_an_empty_value_is_not_masked() -> None:
    assert places("a: {token: {env: }, bearer: }").locate(("a",)).text == "a: {token: {env: }, bearer: }"


def test_values_of_an_override_are_located_at_its_name() -> None:
    where = places()
    where.overrides[("upstream", "url")] = "env URL"
    assert str(where.locate(("upstream", "url", "x"))) == "env URL"
    assert where.locate(("upstream", "credential")).line == 3


def test_lines_are_shown_with_secrets_masked_and_widths_kept() -> None:
    assert places().locate(("upstream", "credential")).text == "  credential: {header: X, value: {value: *******}}"
    assert "hunter2" not in repr(places())


def test_a_block_of_text_is_masked_to_its_end_and_no_further() -> None:
    text = "a:\n  bearer:\n    value: |\n      one\n      two\nb: three\n"
    where = places(text)
    root: Any = read(text)[0]
    assert where._location(root.members["a"][1].span).text == "  bearer:"
    assert where._lines[2:] == ["    value: *", "      ***", "      ***", "b: three"]


@pytest.mark.parametrize(
    ("got", "text"),
    [(5, "got 5"), (True, "got true"), ("a", 'got "a"'), (None, "got nothing"), ([1], "got a list"), ({}, "got a mapping"), ("a\x1bb", 'got "a·b"'), ("x" * 99, f'got "{"x" * 60}…"')],
    ids=repr,
)  # fmt: skip
def test_the_offending_value_is_quoted_short_and_harmless(got: Any, text: str) -> None:
    assert as_finding(Mistake("r", "m", got=got), ("a", 0), location=Location("f")).message == f"`a[0]`: m, {text}"


def test_an_offending_value_where_a_secret_may_stand_is_not_quoted() -> None:
    finding = as_finding(
        Mistake("r", "m", got="hunter2", hint="write hunter2"), ("upstream", "credential"), location=Location("f")
    )
    assert "hunter2" not in str(finding)


def test_secrets_written_down_are_found() -> None:
    assert list(places().secrets_in({"a": [{"bearer": {"value": "x"}}], "header": {"header": "X", "value": "x"}})) == [
        ("a", 0, "bearer", "value")
    ]


def test_the_lines_to_show_have_no_secret() -> None:
    text = "upstream:\n  credential: {bearer: {value: s3cret}}\n"

    assert Places("f", text, read(text)[0]).shown_lines() == ("upstream:", "  credential: {bearer: {value: ******}}")
