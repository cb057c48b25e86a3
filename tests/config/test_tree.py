from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.config import tree
from plugin_gateway.config.node import walk
from plugin_gateway.config.tree import read
from tests.narrow import present


def value_of(text: str) -> Any:
    root, found = read(text)
    assert found == []
    assert root is not None
    return root.plain()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 1", {"a": 1}),
        ("a: 0o17", {"a": 15}),
        ("a: 0x1F", {"a": 31}),
        ("a: 1.5", {"a": 1.5}),
        ("a: true", {"a": True}),
        ("a: ~", {"a": None}),
        ("a:", {"a": None}),
        ("a: 'no'", {"a": "no"}),
        ('a: "010"', {"a": "010"}),
        ("a: !!str 12", {"a": "12"}),
        ("a: |\n  x\n  y\n", {"a": "x\ny\n"}),
        ("a: [1, b]", {"a": [1, "b"]}),
        ('{"a": {"b": []}}', {"a": {"b": []}}),
        ("a: &x {p: 1}\nb: *x", {"a": {"p": 1}, "b": {"p": 1}}),
        ("a: &x {p: 1, q: 2}\nb: {<<: *x, p: 3}", {"a": {"p": 1, "q": 2}, "b": {"p": 3, "q": 2}}),
        ("a: &x {p: 1}\nb: {<<: [*x, {p: 2, r: 3}]}", {"a": {"p": 1}, "b": {"p": 1, "r": 3}}),
        ("a: y", {"a": "y"}),
        ("a: 12345678901234567890123", {"a": "12345678901234567890123"}),
        ("---\na: 1\n...\n", {"a": 1}),
    ],
)
def test_yaml_is_read_with_its_1_2_meaning(text: str, value: dict[str, Any]) -> None:
    assert value_of(text) == value


@pytest.mark.parametrize(
    "word", ["yes", "No", "ON", "off", "010", "1:30", "2026-11-23", "2026-11-23T10:00:00Z", "1_000", "-07"]
)
def test_a_plain_scalar_that_readers_disagree_about_is_a_mistake_with_a_hint_to_quote(word: str) -> None:
    _, [(span, pointer, mistake)] = read(f"top:\n  key: {word}\n")
    assert (mistake.rule, span.line, span.column, span.length, pointer) == (
        "ambiguous-yaml",
        2,
        8,
        len(word),
        ("top", "key"),
    )
    assert f'write "{word}"' in mistake.hint


@pytest.mark.parametrize(
    ("text", "rule", "line", "column"),
    [
        ("a: 1\nb: 2\na: 3\n", "duplicate-key", 3, 1),
        ("a:\n\tb: 1\n", "yaml-syntax", 2, 1),
        ("a: 'x\n", "yaml-syntax", 1, 4),
        ("a: [1\nb: 2\n", "yaml-syntax", 1, 4),
        ("a: 1\n---\nb: 2\n", "many-documents", 2, 1),
        ("a: *x\n", "yaml-alias", 1, 4),
        ("a: &x [*x]\n", "yaml-alias", 1, 8),
        ("a: !!python/object:os.system x\n", "yaml-tag", 1, 4),
        ("a: !thing [x]\n", "yaml-tag", 1, 4),
        ("? [a]\n: 1\n", "bad-key", 1, 3),
        ("1: a\n", "bad-key", 1, 1),
        ("a: {<<: 3}\n", "yaml-merge", 1, 5),
        ("a: x\x01y\n", "yaml-syntax", 1, 5),
    ],
)
def test_a_mistake_in_the_yaml_is_found_where_it_is(text: str, rule: str, line: int, column: int) -> None:
    _, found = read(text)
    assert [(mistake.rule, span.line, span.column) for span, _, mistake in found] == [(rule, line, column)]


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "\n".join(["a0: &a0 [x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9))]),
        "\n".join(["a0: &a0 [x]", *(f"a{n}: &a{n} {'[' * 40}*a{n - 1}{']' * 40}" for n in range(1, 9))]),
        "x" * 1_000_001,
    ],
    ids=["depth", "alias bomb", "depth by aliases", "characters"],
)
def test_text_that_grows_beyond_reason_is_refused(text: str) -> None:
    root, [(_, _, mistake)] = read(text)
    assert root is None
    assert mistake.rule in ("too-deep", "too-large")


@pytest.mark.parametrize(("values", "is_refused"), [(999, False), (1000, True)])
def test_a_limit_on_values_is_kept(values: int, is_refused: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "_MAX_VALUES", 1000)
    root, found = read("[" + "1," * values + "]")
    assert (root is None, [mistake.rule for _, _, mistake in found]) == (is_refused, ["too-large"] * is_refused)


def test_an_anchor_on_a_duplicate_key_does_not_hide_its_text() -> None:
    root, _ = read("a: {value: one, value: two}")
    assert {node.value for _, node in walk(present(root))} == {None, "one", "two"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.text("abc: #'\"\n-é", max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("abcé", min_size=1, max_size=5), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(JSON)
def test_the_output_of_a_yaml_writer_is_read_back(value: dict[str, Any] | list[Any] | None) -> None:
    assert value_of(yaml.safe_dump(value, allow_unicode=True)) == value


@given(st.text())
def test_no_text_raises(text: str) -> None:
    read(text)


def test_a_report_has_a_bounded_number_of_findings() -> None:
    _, found = read("a: 1\n" * 1000)
    assert len(found) == 200
