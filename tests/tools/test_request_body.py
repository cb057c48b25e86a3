from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from plugin_gateway.openapi.document import Document
from plugin_gateway.shape.values.standalone import Definitions, Placed
from plugin_gateway.tools.request_body import NO_BODY, read_body
from plugin_gateway.tools.tool import Body, BodyKind, Encoding
from tests.narrow import present

if TYPE_CHECKING:
    from plugin_gateway.openapi.document import JsonObject
    from plugin_gateway.tools.request_body import BodyInputs

OCTETS = {"type": "string", "contentMediaType": "application/octet-stream"}
PLAIN = Encoding(style="", explode=False)


def read(media_type: str, schema: JsonObject, *, encoding: JsonObject | None = None, **more: str | bool) -> BodyInputs:
    content = {media_type: {"schema": schema, **({"encoding": encoding} if encoding else {})}}
    document = Document(root={"openapi": "3.1.0"}, name="o")
    return read_body(
        document, Placed({"content": content, **more}), Definitions(document, hidden="readOnly"), is_alone=True
    )


def members(**properties: JsonObject) -> JsonObject:
    return {"type": "object", "properties": properties}


def test_each_member_of_an_object_is_an_argument() -> None:
    found = read("application/json", {**members(a={}, b={}), "required": ["a"]}, required=True)

    assert [(one.argument.name, one.argument.is_required) for one in found.properties] == [("a", True), ("b", False)]
    assert found.body == Body(media_type="application/json", kind=BodyKind.JSON, is_required=True)


def test_a_required_member_of_an_optional_body_is_optional() -> None:
    assert not read("application/json", {**members(a={}), "required": ["a"]}).properties[0].argument.is_required


def test_any_other_body_is_one_argument() -> None:
    found = read("application/json", {"type": "array"}, description="All pets.")

    assert present(found.body).whole == "body"
    assert found.properties[0].schema == {"type": "array", "description": "All pets."}


def test_octets_are_base64_text() -> None:
    found = read("image/*", OCTETS)

    assert found.properties[0].schema == {
        "type": "string",
        "contentMediaType": "image/png",
        "contentEncoding": "base64",
    }
    assert found.properties[0].argument.is_binary
    assert (present(found.body).media_type, present(found.body).kind) == ("image/png", BodyKind.BINARY)


def test_xml_is_a_text_that_the_model_writes() -> None:
    found = read("application/xml", members(a={}))

    assert found.properties[0].schema == {"type": "string", "contentMediaType": "application/xml"}


def test_an_empty_form_is_no_body() -> None:
    assert read("application/x-www-form-urlencoded", members()) == NO_BODY
    assert read("application/x-www-form-urlencoded", members(), required=True).body is not None


@pytest.mark.parametrize(
    ("schema", "written", "encoding"),
    [
        ({"type": "string"}, {}, PLAIN),
        ({"type": "object"}, {"style": "deepObject", "explode": True}, Encoding(style="deepObject")),
        ({"type": "array"}, {"style": "spaceDelimited"}, Encoding(style="spaceDelimited", explode=False)),
        ({"type": "array"}, {"explode": True}, Encoding()),
        ({"type": "array"}, {"allowReserved": True}, Encoding(allow_reserved=True)),
        (
            {"type": "object"},
            {"contentType": "application/json"},
            Encoding(style="", explode=False, media_type="application/json"),
        ),
    ],
)
def test_a_field_of_a_form_is_written_as_its_encoding_says(
    schema: JsonObject, written: JsonObject, encoding: Encoding
) -> None:
    found = read("application/x-www-form-urlencoded", members(a=schema), encoding={"a": written})

    assert present(found.body).encodings == {"a": encoding}


@pytest.mark.parametrize(
    ("schema", "content_type", "media_type", "is_binary"),
    [
        ({"type": "string"}, None, "", False),
        (OCTETS, None, "application/octet-stream", True),
        ({"type": "string", "format": "binary"}, "image/png, image/jpeg", "image/png", True),
        ({"type": "string", "format": "binary"}, "image/*", "", True),
        ({}, "image/png", "image/png", True),
        ({"type": "array", "items": OCTETS}, None, "application/octet-stream", True),
        ({"type": "string", "contentEncoding": "base64", "contentMediaType": "image/png"}, None, "image/png", False),
        ({"type": "string"}, "text/csv", "text/csv", False),
        ({"type": "object"}, "application/json", "application/json", False),
        ({"type": "string", "contentMediaType": "application/json"}, None, "", False),
    ],
)
def test_a_part_is_octets_where_its_schema_or_type_says_so(
    schema: JsonObject, content_type: str | None, media_type: str, is_binary: bool
) -> None:
    written = {"a": {"contentType": content_type}} if content_type else None
    found = read("multipart/form-data", members(a=schema), encoding=written)

    assert present(found.body).encodings == {
        "a": Encoding(style="", explode=False, media_type=media_type, is_binary=is_binary)
    }
    assert found.properties[0].argument.is_binary is is_binary


def test_other_members_are_taken_where_the_document_says_so() -> None:
    found = read("application/json", {**members(a={}), "additionalProperties": {"type": "string"}})

    assert present(found.body).takes_others
    assert found.others == {"type": "string"}


@pytest.mark.parametrize("request_body", [None, {}, {"content": {}}, {"$ref": "#/gone"}])
def test_a_body_without_content_is_no_body(request_body: JsonObject | None) -> None:
    document = Document(root={"openapi": "3.1.0"}, name="o")

    assert read_body(document, Placed(request_body), Definitions(document, hidden="readOnly"), is_alone=True) == NO_BODY
