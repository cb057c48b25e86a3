import pytest

from plugin_gateway.edit.entries import add
from plugin_gateway.edit.entry import Entry
from plugin_gateway.edit.layout import Layout
from plugin_gateway.edit.new_list import is_bare
from plugin_gateway.errors import EditError

ENTRY = Entry("a", "GET /a")


@pytest.mark.parametrize(
    ("text", "edited"),
    [
        ("allow: []\nz: 1\n", "allow:\n  - a   # GET /a\nz: 1\n"),
        ("allow: []   # none\nz: 1\n", "allow:      # none\n  - a   # GET /a\nz: 1\n"),
        ("allow:\n  []\nz: 1\n", "allow:\n  - a   # GET /a\nz: 1\n"),
        ("allow:\nz: 1\n", "allow:\n  - a   # GET /a\nz: 1\n"),
        ("allow:   # none yet\n  # - b\nz: 1\n", "allow:   # none yet\n  - a   # GET /a\n  # - b\nz: 1\n"),
        ("allow: ~\nz: 1\n", "allow:\n  - a   # GET /a\nz: 1\n"),
        ("allow: null # none", "allow:      # none\n  - a   # GET /a"),
        ("allow:", "allow:\n  - a   # GET /a"),
        ("allow: &none []\nz: 1\n", "allow: &none\n  - a   # GET /a\nz: 1\n"),
        ("{allow: , z: 1}", "{allow: [a], z: 1}"),
        ("{allow: [], z: 1}", "{allow: [a], z: 1}"),
        ("allow: [\n  # none\n]\n", "allow: [a\n  # none\n]\n"),
        ("cors:\n- x\nallow: []\n", "cors:\n- x\nallow:\n- a   # GET /a\n"),
    ],
)
def test_an_empty_list_gets_its_first_entry(text: str, edited: str) -> None:
    assert add(text, ("allow",), ENTRY) == edited


@pytest.mark.parametrize(
    ("text", "edited"),
    [
        ("openapi: x\nupstream: {url: y}\nz: 1\n", "openapi: x\nupstream: {url: y}\nallow:\n  - a   # GET /a\nz: 1\n"),
        (
            "openapi: x\n\n# up\nupstream: y\n\nz: 1\n",
            "openapi: x\n\n# up\nupstream: y\n\nallow:\n  - a   # GET /a\n\nz: 1\n",
        ),
        ("openapi: x\r\n\r\nz: 1", "openapi: x\r\nallow:\r\n  - a   # GET /a\r\n\r\nz: 1"),
        ("z: 1\n\nopenapi: x", "z: 1\n\nopenapi: x\n\nallow:\n  - a   # GET /a"),
        ("z: 1\n", "z: 1\nallow:\n  - a   # GET /a\n"),
        ("z: 1\n\ny: |+\n  x\n\n", "z: 1\n\ny: |+\n  x\n\nallow:\n  - a   # GET /a\n"),
        ("---\nopenapi: x\n...\n", "---\nopenapi: x\nallow:\n  - a   # GET /a\n...\n"),
        ('{"openapi": "x"}\n', '{"openapi": "x", "allow": ["a"]}\n'),
    ],
)
def test_a_missing_list_is_written_behind_the_section_that_it_follows(text: str, edited: str) -> None:
    assert add(text, ("allow",), ENTRY) == edited


def test_a_denial_is_written_behind_the_allow_list() -> None:
    assert add("allow: [b]\nz: 1\n", ("deny",), ENTRY) == "allow: [b]\ndeny:\n  - a   # GET /a\nz: 1\n"


@pytest.mark.parametrize("text", ["{}", "base: &b {x: 1}\n<<: *b\n"])
def test_a_mapping_without_a_place_for_the_list_is_refused(text: str) -> None:
    with pytest.raises(EditError, match="has no place for `allow`"):
        add(text, ("allow",), ENTRY)


@pytest.mark.parametrize(
    ("text", "is_so"),
    [("a: []", True), ("a: [ ] # x", True), ("a: [b]", False), ("a: [\n]", False), ("{a: []}", False)],
)
def test_a_list_is_bare_if_its_line_ends_with_it(text: str, *, is_so: bool) -> None:
    layout = Layout(text)
    part = layout.at(("a",))
    assert part is not None
    assert is_bare(layout, part) is is_so
