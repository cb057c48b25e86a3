from typing import Any

from plugin_gateway.shape.describe.plain_names import give_plain_names


def document(**schemas: Any) -> dict[str, Any]:
    return {
        "openapi": "3.1.0",
        "paths": {
            "/a": {"get": {"requestBody": {"content": {"a/b": {"schema": {"$ref": "#/components/schemas/Order_2"}}}}}}
        },
        "components": {"schemas": schemas},
    }


def test_a_copy_takes_the_name_that_is_free() -> None:
    root = document(
        Order_2={"properties": {"part": {"$ref": "#/components/schemas/Order_2"}}},
        Pet={"discriminator": {"propertyName": "k", "mapping": {"o": "#/components/schemas/Order_2", "p": "Pet"}}},
    )
    give_plain_names(root, {"Order", "Pet"})
    assert [*root["components"]["schemas"]] == ["Order", "Pet"]
    assert "Order_2" not in str(root)
    assert root["components"]["schemas"]["Pet"]["discriminator"]["mapping"]["p"] == "Pet"


def test_a_name_that_is_taken_or_the_documents_stays() -> None:
    root = document(Order_2={}, Order={}, Line_3={})
    give_plain_names(root, {"Order", "Line_3"})
    assert [*root["components"]["schemas"]] == ["Order_2", "Order", "Line_3"]


def test_only_one_of_two_copies_gets_the_name() -> None:
    root = document(Order_2={}, Order_3={})
    give_plain_names(root, {"Order"})
    assert [*root["components"]["schemas"]] == ["Order", "Order_3"]


def test_a_document_without_schemas_stays() -> None:
    root: dict[str, Any] = {"openapi": "3.1.0", "paths": {}}
    give_plain_names(root, set())
    assert root == {"openapi": "3.1.0", "paths": {}}
