from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.openapi.document import Document
from plugin_gateway.shape.pointer import pointers_of
from plugin_gateway.shape.reply_size import MOST_ROWS, ROWS, Rows, estimate_size, reply_size, rows_of

NODE = {"type": "object", "properties": {"id": {"type": "integer"}, "next": {"$ref": "#/components/schemas/Node"}}}
DOCUMENT = Document(root={"openapi": "3.1.0", "paths": {}, "components": {"schemas": {"Node": NODE}}}, name="d")


def size(schema: Any, *keep: str, rows: int = ROWS) -> int:
    return estimate_size(DOCUMENT, [schema], rows, pointers_of(keep) if keep else None)


ITEM = {"type": "object", "properties": {"id": {"type": "integer"}, "body": {"type": "string"}}}


def test_an_outer_array_counts_as_a_page_and_an_inner_one_as_a_few() -> None:
    one = size(ITEM)
    assert size({"type": "array", "items": ITEM}) == pytest.approx(ROWS * one, rel=0.1)
    assert size({"type": "array", "items": ITEM}, rows=5) == pytest.approx(5 * one, rel=0.1)
    assert size({"type": "array", "items": ITEM, "maxItems": 2}) == pytest.approx(2 * one, rel=0.1)
    inner = {"type": "array", "items": {"type": "array", "items": ITEM}}
    assert size(inner) < ROWS * 4 * one


def test_a_text_is_longer_than_a_word_and_an_example_says_how_long() -> None:
    body, name = {"properties": {"body": {"type": "string"}}}, {"properties": {"name": {"type": "string"}}}
    assert size(body) > 5 * size(name)
    assert size({"type": "string", "example": "x" * 500}) == 502
    assert size({"type": "string", "maxLength": 3}) == 5
    assert size({"enum": ["a", "b"]}) == 3


def test_the_kept_part_is_smaller_than_the_whole() -> None:
    rows = {"type": "array", "items": ITEM}
    assert size(rows, "/*/id") < size(rows, "/*/body") < size(rows)
    assert size(rows, "/*") == size(rows)
    assert size(rows, "/*/nothing") < ROWS * 5


def test_a_circular_schema_has_a_size() -> None:
    assert 0 < size({"$ref": "#/components/schemas/Node"}) < 200


def test_an_id_counts_in_place_of_the_object_that_it_stands_for() -> None:
    large = {"properties": {f"p{number}": {"type": "string"} for number in range(50)}}
    assert size({"anyOf": [{"type": "string"}, large]}) < 30
    assert size({"anyOf": [{"type": "string"}, large]}, "/p1") < 30
    assert size({"anyOf": [large, {"properties": {"a": {}}}]}) > 500


SCHEMAS: Any = st.recursive(
    st.sampled_from(
        [{}, True, False, {"type": "string"}, {"$ref": "#/components/schemas/Node"}, {"$ref": "#/nowhere"}, None, 7]
    ),
    lambda inner: st.one_of(
        st.fixed_dictionaries({"properties": st.dictionaries(st.sampled_from("ab"), inner, max_size=2)}),
        st.fixed_dictionaries({"items": inner}),
        st.fixed_dictionaries({"allOf": st.lists(inner, max_size=2)}),
        st.fixed_dictionaries({"oneOf": st.lists(inner, max_size=2)}),
        st.fixed_dictionaries({"additionalProperties": inner}),
    ),
    max_leaves=8,
)


@given(SCHEMAS, st.lists(st.sampled_from(["/a", "/*", "/*/a", "/b/a"]), min_size=1, max_size=3))
def test_a_part_is_never_larger_than_the_whole(schema: Any, keep: list[str]) -> None:
    assert 0 <= size(schema, *keep) <= size(schema) + 200


@pytest.mark.parametrize(
    ("parameter", "rows"),
    [
        ({"name": "per_page", "in": "query", "schema": {"default": 50, "maximum": 200}}, Rows(50, 200)),
        ({"name": "$top", "in": "query", "schema": {"maximum": 10}}, Rows(10, 10)),
        ({"name": "limit", "in": "query", "default": 5}, Rows(5, MOST_ROWS)),
        ({"name": "limit", "in": "query", "schema": {"default": "x"}}, Rows()),
        ({"name": "limit", "in": "header", "schema": {"default": 7}}, Rows()),
        ({"name": "q", "in": "query", "schema": {"default": 7}}, Rows()),
    ],
)
def test_the_page_size_comes_from_the_parameter_that_sets_it(parameter: Any, rows: Rows) -> None:
    root = {"openapi": "3.1.0", "paths": {"/a": {"get": {"parameters": [parameter]}}}}
    document = Document(root=root, name="d")
    (operation,) = document.operations.values()
    assert rows_of(operation, document) == rows


def replied(media_type: Any, *, parameters: Any = (), **options: Any) -> int | None:
    responses = {"200": {"content": {"application/json": media_type}}}
    operation = {"parameters": [*parameters], "responses": responses}
    document = Document(root={"openapi": "3.1.0", "paths": {"/a": {"get": operation}}}, name="d")
    (one,) = document.operations.values()
    return reply_size(one, document, **options)


ROW = {"id": 1, "title": "x" * 90}
PAGE = {"name": "limit", "in": "query", "schema": {"default": 10, "maximum": 20}}


def test_a_reply_has_the_items_of_its_example_as_many_as_the_page_has() -> None:
    rows = {"schema": {"type": "array"}, "example": [ROW, ROW]}

    assert replied(rows, parameters=[PAGE]) == pytest.approx(10 * 110, rel=0.05)
    assert replied(rows, parameters=[PAGE], at_most=True) == pytest.approx(20 * 110, rel=0.05)
    assert replied(rows, parameters=[PAGE], keep=[("*", "id")]) == pytest.approx(10 * 9, rel=0.1)


def test_an_envelope_grows_by_its_longest_list() -> None:
    envelope = {"schema": {}, "example": {"tags": ["a"], "total": 1, "items": [ROW]}}

    assert replied(envelope, parameters=[PAGE]) == pytest.approx(10 * 110 + 40, rel=0.05)


def test_an_empty_example_is_ignored_in_favour_of_the_schema() -> None:
    schema = {"properties": {"body": {"type": "string"}}}

    assert replied({"schema": schema, "example": {}}) == replied({"schema": schema})
    assert replied({"schema": schema, "example": "see the manual " * 9}) == replied({"schema": schema})


def test_a_reply_that_is_not_in_json_has_no_size() -> None:
    assert replied({"example": [ROW]}) is None
