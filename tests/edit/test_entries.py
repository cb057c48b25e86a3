"""Adding and removing one operation, over layouts that people write."""

import difflib
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.edit.entries import add, add_all, called, take_out
from plugin_gateway.edit.entry import Entry
from plugin_gateway.edit.proof import meaning
from plugin_gateway.errors import EditError

NEW = Entry("newOperation", "GET /new")
NAMES = (
    "listPets",
    "get.pet",
    "GET /pets/{petId}",
    "Größe",
    "GET /a#b",
    "x: y",
    "on",
    "POST /pets/{a}/{b}",
    "größe_2",
    "it's",
)
REMARKS = ("", "   # GET /pets", "\t# tab\tin it", " # a: [b, c] - d", "  # größe ✓")
QUOTES = ("", "'", '"')


@dataclass(frozen=True)
class Case:
    """A text, the names in its list, and how many names stand in entries of one line."""

    text: str
    names: tuple[str, ...]
    pointer: tuple[str | int, ...] = ("allow",)


def quoted(name: str, quote: str, *, in_flow: bool = False) -> str:
    if quote == "'":
        return "'" + name.replace("'", "''") + "'"
    is_safe = name.replace("_", "").isalnum() and name != "on"
    if quote == '"' or (not is_safe and (in_flow or not name.startswith(("GET /pets", "POST")))):
        return f'"{name}"'
    return name


@st.composite
def block_lists(draw: st.DrawFn) -> Case:
    """A block list between other sections."""
    step, gap = draw(st.sampled_from([0, 2, 4])), " " * draw(st.integers(1, 3))
    names = draw(st.lists(st.sampled_from(NAMES), min_size=2, max_size=5, unique=True))
    quote = draw(st.sampled_from([*QUOTES, "mixed"]))
    lines = [draw(st.sampled_from(["allow:", "allow:   # operations", '"allow":', "allow: &list"]))]
    between = st.sampled_from(
        [
            [],
            [],
            [],
            [""],
            ["# a comment at the margin"],
            [" " * step + "# - commentedOut"],
            [" " * (step + 4) + "# deeper"],
        ]
    )
    for name in names:
        lines += draw(between)
        mark = draw(st.sampled_from(QUOTES)) if quote == "mixed" else quote
        anchor = draw(st.sampled_from(["", "", "", f"&anchor{len(lines)} ", "!!str "]))
        lines.append(f"{' ' * step}-{gap}{anchor}{quoted(name, mark)}{draw(st.sampled_from(REMARKS))}")
    lines += draw(between)
    around = draw(st.sampled_from(AROUND))
    return whole(draw, [*around[0], *lines, *around[1]], names)


AROUND = [
    (["openapi: a.yaml", "", "# the API", "upstream:", "  url: http://a.test"], []),
    ([], ["deny: [x, 'y']", "openapi: a.yaml   # ü"]),
    (
        ["---", "openapi: a.yaml"],
        ["", "# what follows", "manifest:", "    name: |", "      text", "", "log: {level: info}"],
    ),
    (["%YAML 1.2", "---", "openapi: >-", "  a.yaml", ""], ["..."]),
    (["base: &base {a: 1}", "openapi:", "  <<: *base", "text: |+", "  kept", "", ""], ["consumers:", "- name: *base"]),
]


def whole(draw: st.DrawFn, lines: list[str], names: list[str]) -> Case:
    line_break = draw(st.sampled_from(["\n", "\r\n"]))
    text = line_break.join(lines) + draw(st.sampled_from([line_break, line_break, ""]))
    return Case(text, tuple(names))


@st.composite
def flow_lists(draw: st.DrawFn) -> Case:
    """A flow list on one line, or with a line for each item."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=5, unique=True))
    quote = draw(st.sampled_from(QUOTES))
    items = [quoted(name, quote, in_flow=True) for name in names]
    if draw(st.booleans()):
        comma = draw(st.sampled_from([", ", ",", " , "]))
        pad = draw(st.sampled_from(["", " "]))
        last = draw(st.sampled_from(["", "", ","]))
        lines = [f"allow: [{pad}{comma.join(items)}{last}{pad}]{draw(st.sampled_from(REMARKS))}"]
    else:
        last = draw(st.sampled_from(["", ","]))
        commas = [","] * (len(items) - 1) + [last]
        lines = [
            "allow: [",
            *(f"    {item}{comma}{draw(st.sampled_from(REMARKS))}" for item, comma in zip(items, commas, strict=True)),
            "  ]",
        ]
    around = draw(st.sampled_from(AROUND[:3]))
    return whole(draw, [*around[0], *lines, *around[1]], names)


def changed_lines(before: str, after: str) -> tuple[list[str], list[str]]:
    """Return the lines that went and those that came."""
    difference = list(difflib.ndiff(before.splitlines(), after.splitlines()))
    return [one[2:] for one in difference if one[0] == "-"], [one[2:] for one in difference if one[0] == "+"]


def is_untouched(before: str, after: str) -> bool:
    """Tell whether all but one stretch of the text is the same, byte for byte."""
    start = next(
        (i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), min(len(before), len(after))
    )
    longer, shorter = sorted((before, after), key=len, reverse=True)
    return longer[:start] + longer[start + len(longer) - len(shorter) :] == shorter or len(longer) == len(shorter)


@given(block_lists())
def test_adding_to_a_block_list_adds_one_line_and_changes_no_other_byte(case: Case) -> None:
    edited = add(case.text, case.pointer, NEW)

    gone, come = changed_lines(case.text, edited)
    assert (gone, len(come)) == ([], 1)
    assert is_untouched(case.text, edited)
    assert come[0].lstrip("- ").strip("\"'").startswith("newOperation")
    assert come[0].endswith("# GET /new")
    assert meaning(edited) == meaning(case.text) | {"allow": [*case.names, "newOperation"]}


@given(block_lists(), st.data())
def test_removing_from_a_block_list_removes_one_line_and_changes_no_other_byte(case: Case, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(case.names) - 1))
    edited = take_out(case.text, case.pointer, index)

    gone, come = changed_lines(case.text, edited)
    assert (len(gone), come) == (1, [])
    assert is_untouched(case.text, edited)
    rest = [name for at, name in enumerate(case.names) if at != index]
    assert meaning(edited) == meaning(case.text) | {"allow": rest}


@given(st.one_of(block_lists(), flow_lists()))
def test_removing_an_added_entry_gives_the_original_text_back(case: Case) -> None:
    edited = take_out(add(case.text, case.pointer, NEW), case.pointer, len(case.names))

    assert edited == case.text


@given(flow_lists())
def test_adding_to_a_flow_list_changes_one_line(case: Case) -> None:
    edited = add(case.text, case.pointer, NEW)

    gone, come = changed_lines(case.text, edited)
    assert len(come) == 1
    assert len(gone) <= 1
    assert is_untouched(case.text, edited)
    assert meaning(edited) == meaning(case.text) | {"allow": [*case.names, "newOperation"]}


@given(flow_lists(), st.data())
def test_removing_from_a_flow_list_changes_one_line(case: Case, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(case.names) - 1))
    edited = take_out(case.text, case.pointer, index)

    gone, come = changed_lines(case.text, edited)
    assert len(gone) == 1
    assert len(come) <= 1
    assert meaning(edited) == meaning(case.text) | {
        "allow": [name for at, name in enumerate(case.names) if at != index]
    }


ENTRIES = st.lists(
    st.builds(
        Entry,
        st.sampled_from(["a", "b.c", "GET /d/{e}", "on", "it's", "a-longer-name"]),
        st.sampled_from(["", "GET /x"]),
    )
)
BARE = st.sampled_from(["a: 1\n", "allow:\n", "allow: []\n", "allow: ~   # none\n", "a: 1\nallow: []   # none\r\nb: 2"])


@given(st.one_of(block_lists(), flow_lists(), BARE.map(lambda text: Case(text, ()))), ENTRIES)
def test_entries_that_are_added_at_once_look_like_those_added_one_after_another(
    case: Case, entries: list[Entry]
) -> None:
    one_by_one = case.text
    for entry in entries:
        one_by_one = add(one_by_one, case.pointer, entry)

    assert add_all(case.text, case.pointer, entries) == one_by_one


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("shared: &list [a]\nallow: *list\n", "`allow` is not written as a list in the config"),
        ("allow: &list [a]\nother: *list\n", "an alias of the list"),
        ("allow: &list\n  - a\nother: *list\n", "an alias of the list"),
        ("base: &base {allow: [a]}\n<<: *base\n", "no place for `allow`"),
        ("allow: {a: 1}\n", "`allow` is not a list in the config"),
        ("allow: listPets\n", "`allow` is not a list in the config"),
    ],
)
def test_a_list_that_no_edit_can_keep_is_refused_with_what_to_do(text: str, says: str) -> None:
    with pytest.raises(EditError, match=says):
        add(text, ("allow",), NEW)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("allow:\n  - &first a\n  - b\nother: *first\n", "cannot edit safely"),
        ("shared: &list [a]\nallow: *list\n", "`allow` is not written as a list in the config"),
        ("? allow\n: - a\n  - b\n", "shares its line"),
    ],
)
def test_an_entry_that_no_edit_can_remove_is_refused(text: str, says: str) -> None:
    with pytest.raises(EditError, match=says):
        take_out(text, ("allow",), 0)


def test_a_text_with_mistakes_is_not_edited() -> None:
    with pytest.raises(EditError, match="line 2 of the config is not clear YAML"):
        add("allow: [a]\nallow: [b]\n", ("allow",), NEW)


def test_the_list_of_a_consumer_is_edited_in_its_place() -> None:
    text = "allow: [a]\nconsumers:\n  - name: one\n    allow:\n      - a\n  - name: two\n    allow: [a]\n"

    assert add(text, ("consumers", 0, "allow"), NEW).splitlines()[5] == "      - newOperation   # GET /new"
    assert add(text, ("consumers", 1, "allow"), NEW).endswith("    allow: [a, newOperation]\n")


def test_a_place_is_called_as_findings_call_it() -> None:
    assert called(("consumers", 0, "allow")) == "`consumers[0].allow`"
