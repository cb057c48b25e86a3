"""Which calls schemathesis expects the wrong answer to, and which of similar calls it does not."""

from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest
import schemathesis
from hypothesis import given
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.core.errors import InvalidSchema
from schemathesis.core.parameters import ParameterLocation

from clients.generated_case import (
    has_a_refused_name,
    has_a_refused_target,
    has_a_valid_body,
    has_a_valid_query,
    has_false_json,
    has_no_text,
    is_judged,
    is_unambiguous,
    prepared,
    why_left_out,
    without_positions,
)
from plugin_gateway.gate.target import MAX_TARGET_BYTES, Target, read_target

FIELDS = {
    "type": "object",
    "properties": {
        "title": {"type": "string"},
        "count": {"type": "integer"},
        "day": {"type": "string", "format": "date"},
        "kinds": {"type": "array", "items": {"type": "string"}},
        "link": {"type": "string", "format": "uri"},
        "rows": {"type": "array", "items": {"properties": {"count": {"type": "integer"}}}},
        "place": {"type": "object", "properties": {"room": {"type": "object"}}},
        "file": {"type": "string", "format": "binary"},
        "any": {},
    },
    "additionalProperties": False,
}
DEEP = {"place": {"style": "deepObject", "explode": True}}
CONTENT = {
    "application/json": {"schema": FIELDS},
    "application/x-www-form-urlencoded": {"schema": FIELDS, "encoding": DEEP},
    "multipart/form-data": {"schema": FIELDS},
    "application/yaml": {"schema": FIELDS},
}
PARAMETERS: list[dict[str, Any]] = [
    {"name": "größe", "in": "query", "schema": {"type": "string"}},
    {"name": "limit", "in": "query", "schema": {"type": "integer"}},
    {"name": "tags", "in": "query", "schema": {"type": "object", "additionalProperties": {"type": "string"}}},
]
LISTED = [
    PARAMETERS[1],
    {"name": "fields", "in": "query", "explode": False, "schema": {"type": "array", "items": {"type": "string"}}},
    {"name": "counts", "in": "query", "explode": False, "schema": {"type": "array", "items": {"type": "integer"}}},
    {"name": "place", "in": "query", "explode": False, "schema": {"type": "object", "properties": {}}},
]
DEEP_PARAMETER = {"name": "expand", "in": "query", "style": "deepObject", "explode": True, "schema": {"type": "array"}}
RESPONSES = {"200": {"description": "All is well."}}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Forms", "version": "1"},
    "paths": {
        "/forms": {"post": {"requestBody": {"required": True, "content": CONTENT}, "responses": RESPONSES}},
        "/drafts": {"post": {"requestBody": {"content": CONTENT}, "responses": RESPONSES}},
        "/rows": {"get": {"parameters": PARAMETERS, "responses": RESPONSES}},
        "/required": {
            "get": {"parameters": [{**PARAMETERS[1], "required": True}, PARAMETERS[2]], "responses": RESPONSES}
        },
        "/listed": {"get": {"parameters": LISTED, "responses": RESPONSES}},
        "/two": {"get": {"parameters": [PARAMETERS[2], {**PARAMETERS[2], "name": "more"}], "responses": RESPONSES}},
        "/deep": {"get": {"parameters": [DEEP_PARAMETER], "responses": RESPONSES}},
        "/rows/{id}": {
            "get": {
                "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
                "responses": RESPONSES,
            }
        },
    },
}
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
JSON, FORM, MULTIPART = "application/json", "application/x-www-form-urlencoded", "multipart/form-data"


def form(body: Any, media_type: str, path: str = "/forms") -> Any:
    return SCHEMA[path]["POST"].Case(body=body, media_type=media_type)


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        (MULTIPART, {"rows": {}}),
        (MULTIPART, {"rows": {"count": 1}}),
        (MULTIPART, {"title": 5, "count": "5"}),
        (MULTIPART, {"title": False, "file": b"%PDF"}),
        (MULTIPART, {"title": [5]}),
        (MULTIPART, {"title": 5, "any": [[None]]}),
        (FORM, {"title": None}),
        (FORM, {"kinds": True}),
        (FORM, {"link": ""}),
        (JSON, {"link": "x"}),
    ],
)
def test_a_valid_body_may_have_the_bytes_of_an_invalid_one(media_type: str, body: Any) -> None:
    case = form(body, media_type)
    assert has_a_valid_body(case, prepared(case))


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        (MULTIPART, {"rows": {"count": "x"}}),
        (MULTIPART, {"count": "x"}),
        (MULTIPART, {"zz": 5}),
        (FORM, {"day": "x"}),
        (FORM, {"count": 5.5}),
        (JSON, {"title": 5}),
        (JSON, {"count": "5"}),
        (JSON, {"rows": {}}),
        (JSON, [{}]),
    ],
)
def test_a_body_is_invalid_if_no_valid_body_has_its_bytes(media_type: str, body: Any) -> None:
    case = form(body, media_type)
    assert not has_a_valid_body(case, prepared(case))


@pytest.mark.parametrize(("path", "is_valid"), [("/forms", False), ("/drafts", True)])
def test_a_form_without_fields_is_no_body(path: str, is_valid: bool) -> None:
    case = form({}, FORM, path)
    assert not prepared(case).body
    assert has_a_valid_body(case, prepared(case)) is is_valid


@pytest.mark.parametrize(
    ("pairs", "is_valid"),
    [
        ({"tags": ""}, True),
        ({"a": "b", "limit": "5"}, True),
        ({"tags": "", "limit": "x"}, False),
    ],
)
def test_the_pairs_of_a_query_may_be_members_of_its_object(pairs: dict[str, str], is_valid: bool) -> None:
    assert is_valid_query("/rows", pairs) is is_valid


def test_a_query_without_a_required_parameter_is_not_valid() -> None:
    assert not is_valid_query("/required", {"tags": ""})
    assert is_valid_query("/required", {"tags": "", "limit": "5"})


@pytest.mark.parametrize(
    ("query", "is_valid"),
    [
        ({"fields": ""}, True),
        ({"fields": "a,b"}, True),
        ({"fields": ["a", "b"]}, False),
        ({"limit": "5"}, True),
        ({"limit": "x"}, False),
        ({"limit": ["5", "6"]}, False),
        ({"counts": "5,6"}, True),
        ({"counts": "5,x"}, False),
        ({"place": ""}, False),
        ({"other": ""}, False),
    ],
)
def test_a_query_is_valid_if_the_pairs_that_are_sent_are(query: dict[str, Any], is_valid: bool) -> None:
    assert is_valid_query("/listed", query) is is_valid


def test_a_query_with_two_objects_or_an_unknown_name_is_not_valid() -> None:
    assert not is_valid_query("/two", {"tags": ""})
    case = SCHEMA["/rows/{id}"]["GET"].Case(path_parameters={"id": "1"}, query={"a": ""})
    assert not has_a_valid_query(case, prepared(case))


def test_a_query_in_another_style_is_not_read() -> None:
    assert not is_valid_query("/deep", {"expand": ""})


def is_valid_query(path: str, query: dict[str, Any]) -> bool:
    case = SCHEMA[path]["GET"].Case(query=query)
    return has_a_valid_query(case, prepared(case))


def test_schemathesis_sends_the_list_of_a_deep_object_in_another_style() -> None:
    case = SCHEMA["/deep"]["GET"].Case(query={"expand": ["a", "b"]})
    assert prepared(case).path_url == "/deep?expand=a&expand=b"
    assert has_no_text(case)
    assert not has_no_text(SCHEMA["/deep"]["GET"].Case(query={"expand[a]": "b"}))


def test_an_empty_name_in_a_deep_object_has_the_text_of_a_list() -> None:
    case = form({"place": {"": 5}}, FORM)
    assert prepared(case).body == "place%5B%5D=5"
    assert has_no_text(case)
    assert has_no_text(SCHEMA["/deep"]["GET"].Case(query={"expand[]": "5"}))


def test_schemathesis_sends_nothing_for_an_empty_object_in_a_deep_object() -> None:
    case = form({"title": "a", "place": {"room": {}}}, FORM)
    assert prepared(case).body == prepared(form({"title": "a"}, FORM)).body
    assert has_no_text(case)
    assert not has_no_text(form({"title": "a", "place": {"room": {"number": 1}}}, FORM))
    assert not has_no_text(form({"place": {"room": {}}}, JSON))


def test_schemathesis_says_of_a_text_that_it_is_json() -> None:
    call = prepared(form({"rows": ["{"]}, MULTIPART))
    assert isinstance(call.body, bytes)
    assert b"Content-Type: application/json\r\n\r\n{\r\n" in call.body
    assert has_false_json(call)
    assert not has_false_json(prepared(form({"rows": [{}], "title": "{"}, MULTIPART)))


def test_schemathesis_can_judge_no_answer_with_prefix_items_until_they_are_out() -> None:
    row = {"type": "array", "prefixItems": [{"type": "string"}], "items": {"type": "integer"}}
    response = {"description": "A row.", "content": {"application/json": {"schema": {"properties": {"row": row}}}}}
    root = {**DOCUMENT, "paths": {"/row": {"get": {"responses": {"200": response}}}}}
    answer = schemathesis.Response(
        status_code=200,
        headers={"content-type": ["application/json"]},
        content=b'{"row": ["a", 1]}',
        request=prepared(SCHEMA["/rows"]["GET"].Case()),
        elapsed=0,
        verify=False,
    )
    with pytest.raises(InvalidSchema):
        schemathesis.openapi.from_dict(root)["/row"]["GET"].validate_response(answer)
    without_positions(root)
    schemathesis.openapi.from_dict(root)["/row"]["GET"].validate_response(answer)


@pytest.mark.parametrize(
    ("media_type", "body", "is_called"),
    [
        (MULTIPART, {"=?": "a"}, False),
        (MULTIPART, {"a\\": "a"}, False),
        (FORM, {"=?": "a"}, True),
        (JSON, {"_method": "a"}, False),
        (JSON, {"method": "a"}, True),
    ],
)
def test_a_body_with_a_name_that_the_gate_refuses_is_not_called(media_type: str, body: Any, is_called: bool) -> None:
    case = form(body, media_type)
    assert has_a_refused_name(case, prepared(case)) is not is_called


@pytest.mark.parametrize(
    ("query", "is_called"),
    [({"a": "b"}, True), ({"é": "b"}, False), ({"größe": "b"}, True), ({"_method": "b"}, False), ({"a[b": "b"}, False)],
)
def test_a_query_with_a_name_that_the_gate_refuses_is_not_called(query: dict[str, str], is_called: bool) -> None:
    case = SCHEMA["/rows"]["GET"].Case(query=query)
    assert has_a_refused_name(case, prepared(case)) is not is_called


@pytest.mark.parametrize(("more", "is_called"), [(0, True), (1, False)])
def test_a_target_that_is_too_long_is_not_called(more: int, is_called: bool) -> None:
    case = SCHEMA["/rows"]["GET"].Case(query={"a": "b" * (MAX_TARGET_BYTES - len("/rows?a=") + more)})
    assert has_a_refused_target(case, prepared(case)) is not is_called


@pytest.mark.parametrize(("value", "is_called"), [("a b", True), ("%00", False)])
def test_a_path_that_the_gate_refuses_is_not_called(value: str, is_called: bool) -> None:
    case = SCHEMA["/rows/{id}"]["GET"].Case(path_parameters={"id": value})
    assert has_a_refused_target(case, prepared(case)) is not is_called


@given(st.text(min_size=1))
def test_the_gate_refuses_each_path_that_schemathesis_is_kept_from(value: str) -> None:
    verdict = read_target(f"/notes/{quote(value, safe='')}/parts/1".encode())
    assert (isinstance(verdict, Target) and not verdict.slashed) == is_unambiguous(value)


@pytest.mark.parametrize(
    ("media_type", "is_one"), [(JSON, True), (FORM, True), (MULTIPART, True), ("application/yaml", False)]
)
def test_the_gateway_judges_json_and_forms(media_type: str, is_one: bool) -> None:
    assert is_judged(prepared(form({"title": "a"}, media_type))) is is_one


def test_a_missing_body_is_judged() -> None:
    assert is_judged(prepared(SCHEMA["/forms"]["POST"].Case()))


def generated(case: Any, *broken: ParameterLocation) -> Any:
    """Mark a case as one that schemathesis has made invalid in some places, or valid."""
    modes = {place: SimpleNamespace(mode=GenerationMode.NEGATIVE) for place in broken}
    case._meta = SimpleNamespace(
        generation=SimpleNamespace(mode=GenerationMode.NEGATIVE if broken else GenerationMode.POSITIVE),
        phase=SimpleNamespace(data=SimpleNamespace(parameter_location=None)),
        components={ParameterLocation.HEADER: SimpleNamespace(mode=GenerationMode.POSITIVE), **modes},
    )
    case.freeze_metadata()
    return case


BODY, QUERY, HEADER = ParameterLocation.BODY, ParameterLocation.QUERY, ParameterLocation.HEADER


@pytest.mark.parametrize(
    ("body", "media_type", "broken", "why"),
    [
        ({"title": "a"}, FORM, (), ""),
        ({"place": {}}, FORM, (), "value without a text"),
        ({"rows": ["{"]}, MULTIPART, (), "value without a text"),
        ({"_method": "a"}, FORM, (), "name that the gate refuses"),
        ({"title": 5}, FORM, (BODY,), "valid call"),
        ({"count": "x"}, FORM, (BODY,), ""),
        ({"_method": "a"}, FORM, (BODY,), ""),
        ({"title": 5}, FORM, (BODY, HEADER), ""),
        ({"title": "a"}, FORM, (HEADER,), ""),
        ({"title": 5}, "application/yaml", (BODY,), "type that is not judged"),
        ({"title": 5}, "application/yaml", (BODY, HEADER), ""),
        ({"title": "a"}, "application/yaml", (HEADER,), ""),
    ],
)
def test_a_call_with_a_body_is_left_out_for_a_reason(
    body: Any, media_type: str, broken: tuple[ParameterLocation, ...], why: str
) -> None:
    assert why_left_out(generated(form(body, media_type), *broken)) == why


@pytest.mark.parametrize(
    ("query", "broken", "why"),
    [
        ({"tags": ""}, (QUERY,), "valid call"),
        ({"limit": "x"}, (QUERY,), ""),
        ({"tags": ""}, (QUERY, HEADER), ""),
        ({"limit": "5"}, (HEADER,), ""),
        ({"a": "b" * MAX_TARGET_BYTES}, (QUERY,), "target that the gate refuses"),
        ({"a": "b" * MAX_TARGET_BYTES}, (), "target that the gate refuses"),
    ],
)
def test_a_call_without_a_body_is_left_out_for_a_reason(
    query: dict[str, str], broken: tuple[ParameterLocation, ...], why: str
) -> None:
    assert why_left_out(generated(SCHEMA["/rows"]["GET"].Case(query=query), *broken)) == why


def test_a_call_that_schemathesis_did_not_make_up_is_not_left_out() -> None:
    assert why_left_out(form({"place": {}}, FORM)) == ""
