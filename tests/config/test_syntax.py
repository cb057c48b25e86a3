import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.config.tree import read


@pytest.mark.parametrize(
    ("text", "line", "column", "hint"),
    [
        ("a:\n  b: 1\n   c: 2\n", 3, 4, "begin it in column 3, as `b` or column 1, as `a`"),
        ("a\nb: 1\n", 1, 2, "write a colon after it: `a:`"),
        ("a:b\nc: 1\n", 1, 2, "put a space after the colon: `a: b`"),
        ("allow:\n  - a\n  b\n", 3, 3, "a dash and a space: `- b`"),
        ("allow:\n  - a\n  -b\n", 3, 3, "put a space after the dash: `- b`"),
        ("a: 'x\nb: 1\n", 1, 4, "write ' at the end of the text, too"),
        ("a: 'it's'\n", 1, 7, "in double quotes"),
        ("a: {b: 1\nc: 2\n", 1, 4, "write `}` where it ends"),
        ("a: {b: 1}}\n", 1, 10, "remove it"),
        ("a: {b: 1 c: 2}\n", 1, 10, "write `,` there"),
        ("a: [b: {c}\n", 1, 4, "write `]` where it ends"),
        ("a: {\n  b: 1\n  c: 2\n}\n", 2, 6, "write `,` at its end"),
        ("a: x: y\n", 1, 5, "put the text after `a:` in quotes"),
        ("a: *\n", 1, 4, "put quotes around the text"),
        ("a: @x\n", 1, 4, "put quotes around it"),
        ('a: "\\d"\n', 1, 5, "use single quotes"),
        ("a: |\nb\n", 2, 1, "indent each of its lines"),
        ("a: - b\n", 1, 4, "on its own line"),
        ("a = b\nc: d\n", 1, 2, "write a colon and a space: `a: b`"),
        ("a: {b: ${C}}\n", 1, 8, "write {env: C}"),
        ("<<<<<<< HEAD\na: 1\n", 1, 1, "delete the lines"),
        ("// a\nb: 1\n", 1, 1, "write `#`"),
    ],
)
def test_a_mistake_of_syntax_is_reported_at_the_line_to_correct_with_the_correction(
    text: str, line: int, column: int, hint: str
) -> None:
    _, found = read(text)
    span, _, mistake = found[-1]
    assert (mistake.rule, span.line, span.column) == ("yaml-syntax", line, column)
    assert hint in mistake.hint


def test_the_text_of_a_line_with_a_secret_is_not_repeated() -> None:
    _, [(_, _, mistake)] = read("token:hunter2\nb: 1\n")
    assert "hunter2" not in mistake.hint


@given(st.text("ab:-[]{}'\"#|> \n\t=*&!%@`\\$,;", max_size=60))
def test_every_syntax_mistake_is_located_at_a_line_of_the_text(text: str) -> None:
    root, found = read(text)
    for span, _, mistake in found:
        assert mistake.message
        assert 0 <= span.line <= len(text.splitlines()) + 1
    assert root is not None or found or not text.strip() or text.lstrip().startswith(("#", "---", "%"))
