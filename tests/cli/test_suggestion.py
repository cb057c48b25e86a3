from pathlib import Path

from plugin_gateway.cli.suggestion import answered, lines_of
from plugin_gateway.observation.usage import Usage
from plugin_gateway.openapi.document import OperationKey
from tests.observation.world import document

LIST, ADD = OperationKey("GET", "/pets"), OperationKey("POST", "/pets")
NARROW = Usage(
    is_answered=True,
    has_details=True,
    parameters={("query", "limit"), ("header", "x-tenant")},
    replies={"", "/*", "/*/id"},
)


def test_entries_are_in_document_order_with_their_calls(tmp_path: Path) -> None:
    usage = {ADD: Usage(calls=1), LIST: Usage(calls=2)}

    assert [*lines_of(document(tmp_path), usage)] == [
        "  - listPets   # GET /pets: 2 calls",
        "  - addPet   # POST /pets: 1 call",
    ]


def test_a_narrow_entry_hides_unused_parameters_and_keeps_seen_fields(tmp_path: Path) -> None:
    pets = document(tmp_path)

    assert [*lines_of(pets, {LIST: NARROW})] == [
        "  - operation: listPets   # GET /pets",
        "    parameters: {debug: hidden, filter: hidden}",
        "    response: {keep: [/*/id]}",
    ]
    assert [*lines_of(pets, {LIST: NARROW}, ["parameters"])][2] == "    # response: {keep: [/*/id]}"


def test_an_entry_that_is_not_narrow_has_its_details_as_comments(tmp_path: Path) -> None:
    assert [*lines_of(document(tmp_path), {LIST: NARROW}, ())] == [
        "  - listPets   # GET /pets",
        "    # parameters: {debug: hidden, filter: hidden}",
        "    # response: {keep: [/*/id]}",
    ]


def test_only_answered_operations_count() -> None:
    assert answered({LIST: Usage(is_answered=True), ADD: Usage()}) == {LIST: Usage(is_answered=True)}
