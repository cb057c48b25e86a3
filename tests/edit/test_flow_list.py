import pytest

from plugin_gateway.edit.entry import Entry
from plugin_gateway.edit.flow_list import with_entry, without_entry
from tests.edit.lists import allow_list


@pytest.mark.parametrize(
    ("text", "edited"),
    [
        ("allow: [a]\n", "allow: [a, new]\n"),
        ("allow: [a,b]\n", "allow: [a,b,new]\n"),
        ("allow: [a,  b ,]\n", "allow: [a,  b,  new ,]\n"),
        ('allow: ["a"]   # x\n', 'allow: ["a", "new"]   # x\n'),
        ("allow: [ ]\n", "allow: [new]\n"),
        ("allow: [\n  # none\n]\n", "allow: [new\n  # none\n]\n"),
        ("allow: [\n  a,   # x\n]\n", "allow: [\n  a,   # x\n  new, # GET /new\n]\n"),
        ("allow: [\n  a   # x\n]\n", "allow: [\n  a, new   # x\n]\n"),
        ("allow: [\n  a, ]\n", "allow: [\n  a, new, ]\n"),
        ('{"allow": ["a"]}', '{"allow": ["a", "new"]}'),
    ],
)
def test_an_item_goes_to_the_end(text: str, edited: str) -> None:
    assert with_entry(*allow_list(text), Entry("new", "GET /new")) == edited


@pytest.mark.parametrize(
    ("text", "index", "edited"),
    [
        ("allow: [a, b, c]\n", 0, "allow: [b, c]\n"),
        ("allow: [a, b, c]\n", 1, "allow: [a, c]\n"),
        ("allow: [a, b, c]\n", 2, "allow: [a, b]\n"),
        ("allow: [a]\n", 0, "allow: []\n"),
        ("allow: [a, b ,]\n", 1, "allow: [a,]\n"),
        ("allow: [a,]\n", 0, "allow: []\n"),
        ("allow: [\n  a,   # x\n  b    # y\n]\n", 0, "allow: [\n  b    # y\n]\n"),
        ("allow: [\n  a,   # x\n  b    # y\n]\n", 1, "allow: [\n  a,   # x\n]\n"),
        ("allow: [\n  a    # x\n  , b  # y\n]\n", 1, "allow: [\n  a    # x\n]\n"),
        ("allow: [\n  a    # x\n  , b  # y\n]\n", 0, "allow: [\n      # x\n  b  # y\n]\n"),
        ("allow: [a,\n  b, c,\n  d]\n", 0, "allow: [\n  b, c,\n  d]\n"),
        ("allow: [a,\n  b, c,\n  d]\n", 2, "allow: [a,\n  b,\n  d]\n"),
        ("allow: [a,\n  b, c,\n  d]\n", 3, "allow: [a,\n  b, c,\n  ]\n"),
    ],
)
def test_an_item_goes_with_one_comma(text: str, index: int, edited: str) -> None:
    assert without_entry(*allow_list(text), index) == edited
