from copy import deepcopy
from typing import Any

import pytest

from plugin_gateway.config.parameter_rule import ParameterRule
from plugin_gateway.config.trims import ResponseTrim
from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.shape.compile import compile_shapes
from plugin_gateway.shape.settings import OperationSettings

KEY = OperationKey("GET", "/pets")
ROOT: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Pets", "version": "1"},
    "paths": {
        "/pets": {
            "parameters": [{"$ref": "#/components/parameters/Page"}],
            "get": {"operationId": "listPets", "responses": {"200": {"description": "ok"}}},
            "post": {"operationId": "addPet", "responses": {"201": {"description": "ok"}}},
        }
    },
    "components": {"parameters": {"Page": {"name": "page", "in": "query", "schema": {"type": "integer"}}}},
}


def test_a_document_without_wanted_shapes_is_returned_as_it_is() -> None:
    document = Document(root=ROOT, name="pets")
    assert compile_shapes(document, {}).document is document


def test_shaping_does_not_change_the_document() -> None:
    root = deepcopy(ROOT)
    compile_shapes(Document(root=root, name="pets"), {KEY: OperationSettings(validates_request="report")})
    assert root == ROOT


def test_validation_alone_leaves_the_document_in_its_version() -> None:
    document = Document(root=deepcopy(ROOT), name="pets")
    shaped = compile_shapes(document, {KEY: OperationSettings(validates_request="enforce")})
    assert shaped.document is document
    assert shaped.shapes[KEY].parameters is not None


def test_an_operation_that_only_3_2_has_can_be_shaped() -> None:
    query = {"requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}}
    root = {"openapi": "3.2.0", "info": ROOT["info"], "paths": {"/pets": {"query": {**query, "responses": {}}}}}
    key = OperationKey("QUERY", "/pets")
    shapes = compile_shapes(
        Document(root=root, name="pets"), {key: OperationSettings(validates_request="enforce")}
    ).shapes
    assert shapes[key].body is not None


def test_each_operation_gets_a_copy_of_the_parameters_of_its_path() -> None:
    document = Document(root=deepcopy(ROOT), name="pets")
    settings = OperationSettings(parameters={"page": ParameterRule.parse({"default": 1})})
    shaped = compile_shapes(document, {OperationKey("POST", "/pets"): settings}).document
    parameters = [operation.node["parameters"] for operation in shaped.operations.values()]
    page = ROOT["components"]["parameters"]["Page"]
    assert parameters == [[page], [{**page, "schema": {"type": "integer", "default": 1}}]]
    assert parameters[0][0] is not parameters[1][0]
    assert "parameters" not in shaped.root["paths"]["/pets"]


def test_a_mistake_of_an_entry_for_a_group_is_reported_once() -> None:
    root = deepcopy(ROOT)
    rule = ParameterRule.parse({"maximum": 5, "default": 9})
    settings = OperationSettings(parameters={"page": rule})
    shaped = compile_shapes(Document(root=root, name="pets"), {KEY: settings, OperationKey("POST", "/pets"): settings})
    [found] = shaped.findings
    assert found.pointer == ("allow", 0, "parameters", "page", "default")
    assert found.message.startswith("`GET /pets`: ")


def two_reaching_one_component() -> Document:
    answer = {"application/json": {"schema": {"$ref": "#/components/schemas/Pets"}}}
    pets = {"type": "array", "items": {"$ref": "#/components/schemas/Pet"}}
    pet = {"type": "object", "properties": {"parent": {"$ref": "#/components/schemas/Pet"}}}
    operations = {
        method: {"operationId": method, "responses": {"200": {"description": "ok", "content": answer}}}
        for method in ("get", "post")
    }
    schemas = {"Pets": pets, "Pet": pet}
    root = {
        "openapi": "3.1.0",
        "info": ROOT["info"],
        "paths": {"/pets": operations},
        "components": {"schemas": schemas},
    }
    return Document(root=root, name="pets")


def schemas_of(settings: OperationSettings) -> list[Any]:
    """Return the schema by which the answers of each of two operations are judged."""
    keys = [OperationKey("GET", "/pets"), OperationKey("POST", "/pets")]
    shapes = compile_shapes(two_reaching_one_component(), dict.fromkeys(keys, settings)).shapes
    checks = [shapes[key].check for key in keys]
    validators = [check.bodies["200"][b"application/json"] for check in checks if check is not None]
    return [one.schema for one in validators if one is not None]


@pytest.mark.parametrize(
    "settings", [OperationSettings(validates_response="report"), OperationSettings(validates_response="enforce")]
)
def test_operations_share_the_copies_of_the_components_that_they_reach(settings: OperationSettings) -> None:
    first, second = schemas_of(settings)
    assert first == second
    assert first["$defs"].keys() == {"Pet", "Pets"}
    assert first["$defs"]["Pet"] is second["$defs"]["Pet"]


def test_no_copies_are_shared_where_a_step_may_change_the_document() -> None:
    cut = OperationSettings(validates_response="report", response=ResponseTrim.parse({"limit_items": {"": 5}}))
    first, second = schemas_of(cut)
    assert first == second == schemas_of(OperationSettings(validates_response="report"))[0]
    assert first["$defs"]["Pet"] is not second["$defs"]["Pet"]
