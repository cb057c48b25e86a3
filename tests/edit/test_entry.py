import pytest

from plugin_gateway.edit.entry import Entry, entry_of, remark_behind
from plugin_gateway.edit.layout import Layout
from plugin_gateway.openapi.document import Document, OperationKey

ENTRY = Entry("listPets", "GET /pets")


@pytest.mark.parametrize(
    ("items", "line"),
    [
        ("- a\n- b\n", "- listPets   # GET /pets"),
        ("- a           # x\n- b\n", "- listPets    # GET /pets"),
        ("- a # x\n- b\n", "- listPets # GET /pets"),
        ("- a  # x\n- b    # y\n", "- listPets    # GET /pets"),
        ("- abc   # x\n- a     # y\n", "- listPets   # GET /pets"),
        ("- a\t# x\n", "- listPets\t# GET /pets"),
        ('- "a"\n- "b"\n', '- "listPets"   # GET /pets'),
        ("- 'a'\n- b\n", "- listPets   # GET /pets"),
        ("- operation: a   # x\n", "- listPets   # GET /pets"),
        ("- a   #x\n- |\n  b\n", "- listPets   # GET /pets"),
    ],
)
def test_an_entry_looks_like_its_neighbours(items: str, line: str) -> None:
    layout = Layout(items)
    assert layout.root is not None

    assert ENTRY.in_block("- ", layout.root.items, layout) == line


def test_an_entry_that_names_method_and_path_has_no_remark() -> None:
    assert Entry("GET /pets/{id}").in_block("- ", [], Layout("")) == "- GET /pets/{id}"


def test_a_path_of_the_document_cannot_break_out_of_its_comment() -> None:
    assert Entry("a", "GET /x\n- deleteAll").in_block("- ", [], Layout("")) == "- a   # GET /x - deleteAll"


def test_a_flow_entry_is_quoted_as_its_neighbours_are() -> None:
    layout = Layout("['a', 'b']")
    assert layout.root is not None
    assert ENTRY.in_flow(layout.root.items) == "'listPets'"
    assert Entry("GET /a/{b}").in_flow([]) == '"GET /a/{b}"'


def test_without_a_remark_there_is_no_comment() -> None:
    assert remark_behind("- a", "", [], Layout("")) == ""


@pytest.mark.parametrize(
    ("operation_id", "entry"),
    [
        ("listPets", Entry("listPets", "GET /pets")),
        ("twice", Entry("GET /pets")),
        ("", Entry("GET /pets")),
        ("list pets", Entry("GET /pets")),
        ("pets:list", Entry("GET /pets")),
        ("./pets", Entry("GET /pets")),
        ("null", Entry("GET /pets")),
    ],
)
def test_an_operation_is_named_by_its_id_only_where_that_is_unique_and_plain(operation_id: str, entry: Entry) -> None:
    paths = {"/pets": {"get": {"operationId": operation_id}}, "/other": {"get": {"operationId": "twice"}}}
    document = Document(root={"openapi": "3.1.0", "paths": paths}, name="t")

    assert entry_of(document, document.operations[OperationKey("GET", "/pets")]) == entry
