from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.config.sections import read_sections
from plugin_gateway.config.tree import read


def test_an_invalid_section_leaves_the_others_readable() -> None:
    found = read_sections("a: 1\nb: [x\nc: {d: 2}\ne: 'y\nf: 3\n")
    assert found.root is not None
    assert found.root.plain() == {"a": 1, "c": {"d": 2}, "f": 3}
    assert found.unread_keys == {"b", "e"}
    assert sorted(span.line for span, _, _ in found.found) == [2, 4]


def test_a_top_level_key_that_is_indented_by_mistake_is_unread() -> None:
    assert read_sections("a: 1\n b: 2\nc: 3\n").unread_keys == {"a", "b"}


def test_lines_keep_their_numbers() -> None:
    found = read_sections("a: [x\n# more\nb:\n  c: no\n")
    assert [(mistake.rule, span.line) for span, _, mistake in found.found] == [
        ("yaml-syntax", 1),
        ("ambiguous-yaml", 4),
    ]


def test_a_mistake_that_is_noticed_after_the_last_line_is_reported() -> None:
    found = read_sections("[#}")
    assert found.root is None
    assert [mistake.rule for _, _, mistake in found.found] == ["yaml-syntax"]


def test_a_second_document_is_left_unread() -> None:
    found = read_sections("a: 1\n---\nb: 2\n")
    assert found.root is not None
    assert found.root.plain() == {"a": 1}
    assert [mistake.rule for _, _, mistake in found.found] == ["many-documents"]


def test_text_that_is_refused_for_its_size_is_not_read_again() -> None:
    found = read_sections("a: " + "[" * 60 + "]" * 60 + "\nb: 1\n")
    assert found.root is None


@given(st.text("ab:-[]{}'\"# \n\t", max_size=60))
def test_valid_yaml_is_read_unchanged(text: str) -> None:
    root, mistakes = read(text)
    found = read_sections(text)
    if root is not None:
        assert found.root is not None
        assert found.root.plain() == root.plain()
        assert len(found.found) == len(mistakes)
    else:
        assert bool(found.found) == bool(mistakes)
