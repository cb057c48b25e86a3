import pytest

from plugin_gateway.console.operation_sheet import Resolved, sheet_of
from plugin_gateway.openapi.document import Document, OperationKey
from tests.console.pets_place import CONFIG, Place

LIST, ADD = OperationKey("GET", "/pets"), OperationKey("POST", "/pets")


def test_a_sheet_has_what_the_document_says_and_the_line_that_allows_it(place: Place) -> None:
    sheet = sheet_of(place.material.reading(), LIST)

    assert sheet["allowed_by"] == {"line": 4, "text": "  - listPets   # GET /pets"}
    assert sheet["parameters"] == [
        {"name": "limit", "in": "query", "required": False, "description": "How many", "schema": {"type": "integer"}, "example": None}
    ]  # fmt: skip
    pet = sheet["responses"]["200"]["content"]["application/json"]["schema"]["items"]
    assert pet["properties"]["owner"]["properties"]["name"] == {"type": "string"}
    assert 'operationId: "listPets"' in sheet["document"] or "operationId: listPets" in sheet["document"]
    assert "addPet" not in sheet["document"]


def test_an_operation_that_is_not_allowed_has_a_sheet(place: Place) -> None:
    sheet = sheet_of(place.material.reading(), ADD)

    assert sheet["allowed_by"] is None
    assert sheet["request"]["required"] is True
    assert set(sheet["request"]["content"]) == {"application/json"}


def test_the_shape_hides_what_may_be_a_secret(place: Place) -> None:
    place.write(
        CONFIG.replace(
            "  - listPets   # GET /pets\n",
            "  - {operation: listPets, parameters: {limit: {maximum: 5}}, credential: {bearer: {value: own-s3cret}}}\n",
        )
    )
    sheet = sheet_of(place.material.reading(), LIST)

    assert sheet["shape"] == {"parameters": {"limit": {"maximum": 5}}}
    assert "own-s3cret" not in str(sheet)


def test_consumers_that_may_call_it_are_named(place: Place) -> None:
    place.write(
        CONFIG
        + "auth: {type: service_http, tokens: [{name: a, value: token-of-a}, {name: b, value: token-of-b}]}\n"
        + "consumers: [{name: ann, match: {token: a}}, {name: bob, match: {token: b}, allow: []}]\n"
    )
    reading = place.material.reading()

    assert reading.built is not None, reading.findings
    assert sheet_of(reading, LIST)["consumers"] == ["ann"]


@pytest.mark.parametrize("size", [10, 50_000])
def test_a_schema_that_contains_itself_or_is_huge_is_resolved_up_to_a_limit(size: int) -> None:
    me = {"$ref": "#/components/schemas/A"}
    schema = {"properties": {f"p{number}": me for number in range(size)}}
    document = Document(root={"openapi": "3.1.0", "components": {"schemas": {"A": schema}}}, name="t")

    assert len(str(Resolved(document).value(me))) < 4_000_000


def test_a_reference_in_an_example_is_data() -> None:
    assert Resolved(Document(root={}, name="t")).plain({"$ref": "#/x"}) == {"$ref": "#/x"}
