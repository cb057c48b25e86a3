import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.openapi.document import Document
from plugin_gateway.shape.request.form_body import FormBody
from plugin_gateway.shape.request.multipart_body import MultipartBody
from plugin_gateway.shape.values.kind import kind_of
from plugin_gateway.shape.values.problem import MOST_PROBLEMS, Problem
from plugin_gateway.shape.values.reading import Style
from plugin_gateway.shape.values.validator import Validator

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["title", "file"],
    "properties": {
        "archives": {"type": "array", "items": {"type": "string", "format": "binary", "minLength": 9}},
        "title": {"type": "string", "minLength": 2},
        "count": {"type": "integer"},
        "meta": {"type": "object", "properties": {"a": {"type": "integer"}}},
        "tags": {"type": "array", "items": {"type": "string"}},
        "photo": {"type": ["string", "null"], "format": "binary"},
        "pages": {"type": "array", "items": {"type": "string", "format": "binary"}},
        "id": {"anyOf": [{"type": "integer", "maximum": 5}, {"type": "string", "minLength": 1}]},
        "kind": {"type": ["string", "null"], "enum": ["a", "b", None]},
        "pairs": {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}},
        "people": {
            "type": "array",
            "items": {"type": "object", "properties": {"name": {"type": "string"}}},
            "maxItems": 2,
        },
        "one_or_more": {"type": ["string", "array"], "items": {"type": "integer"}},
        "file": {"type": "string", "contentMediaType": "application/octet-stream", "minLength": 3},
    },
    "additionalProperties": False,
}
FORM = FormBody(
    Validator(SCHEMA),
    kind_of(SCHEMA, Document(root={"openapi": "3.1.0"}, name="x")),
    plain=Style("form", explode=True, name="", escapes="none"),
)
FILE = ('name="file"; filename="a.png"\r\nContent-Type: image/png', "\x89PNG\r\n--other\r\n")


def body(*parts: tuple[str, str]) -> bytes:
    text = "".join(f"--b\r\nContent-Disposition: form-data; {head}\r\n\r\n{content}\r\n" for head, content in parts)
    return (text + "--b--\r\n").encode("latin-1")


def judged(text: bytes, boundary: bytes = b"b") -> tuple[Problem, ...]:
    verdict = MultipartBody(FORM).judge(text, boundary)
    assert (verdict.body, verdict.unshaped) == (text, ())
    return verdict.invalid


def test_parts_that_fit_pass() -> None:
    fields = [('name="title"', "a+%20b"), ('name="count"', "5"), ('name="tags"', "x"), ('name="tags"', "y")]
    meta = ('name="meta"\r\nContent-Type: application/json', '{"a": 1}')
    assert judged(body(*fields, meta, FILE)) == ()


@pytest.mark.parametrize("name", ["file", "photo", "pages"])
def test_a_file_may_come_without_its_name_and_type(name: str) -> None:
    files = {"file": FILE, name: (f'name="{name}"', "\x89PNG\xff")}
    assert judged(body(('name="title"', "ab"), *files.values())) == ()


def test_text_is_utf_8() -> None:
    assert judged(body(('name="title"', "\xff\xff"), FILE)) == (Problem("/title", "must be UTF-8"),)


@pytest.mark.parametrize(
    ("parts", "problem"),
    [
        ([('name="title"', "ab")], Problem("/file", "is missing")),
        ([('name="title"', "a"), FILE], Problem("/title", "must have at least 2 characters")),
        ([('name="title"', "ab"), ('name="count"', "x"), FILE], Problem("/count", "expected integer, got string")),
        ([('name="title"', "ab"), ('name="zz"', "x"), FILE], Problem("/zz", "is not declared")),
        ([('name="title"', "ab"), FILE, ('name="up"; filename="x"', "y")], Problem("/up", "is not declared")),
        (
            [('name="title"', "ab"), ('name="meta"', '{"a":"x"}'), FILE],
            Problem("/meta/a", "expected integer, got string"),
        ),
        ([('name="title"', "ab"), ('name="title"', "cd"), FILE], Problem("/title", "must be sent only once")),
        ([('name="title"', "ab"), FILE, FILE], Problem("/file", "must be sent only once")),
        (
            [('name="title"', "ab"), ('name="count"; filename="x"', "5"), FILE],
            Problem("/count", "expected integer, got string"),
        ),
        ([("x=1", "ab"), FILE], Problem("", "must have a name in the Content-Disposition of each part")),
    ],
)
def test_a_part_that_does_not_fit_is_reported(parts: list[tuple[str, str]], problem: Problem) -> None:
    assert judged(body(*parts)) == (problem,)


JSON = "Content-Type: application/json"


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("title", ['"ab"']),
        ("count", ["5"]),
        ("count", [" 5\n"]),
        ("kind", ['"a"']),
        ("kind", ["null"]),
        ("meta", ['{"a": 1}']),
        ("tags", ['["x", "y"]']),
        ("tags", ['"x"']),
        ("tags", ['"x"', '"y"']),
        ("tags", ["[]"]),
        ("people", ['[{"name": "x"}]']),
        ("people", ['{"name": "x"}', "{}"]),
        ("pairs", ["[[1, 2], [3]]"]),
        ("pairs", ["[1, 2]"]),
        ("pairs", ["[1, 2]", "[3]"]),
        ("one_or_more", ['"x"']),
        ("one_or_more", ["[1]"]),
        ("one_or_more", ["1"]),
    ],
)
def test_a_part_that_says_it_is_json_is_read_as_json(name: str, texts: list[str]) -> None:
    title = [] if name == "title" else [('name="title"', "ab")]
    assert judged(body(*title, FILE, *((f'name="{name}"\r\n{JSON}', text) for text in texts))) == ()


@pytest.mark.parametrize(
    ("name", "texts", "problem"),
    [
        ("tags", ["[1]"], Problem("/tags/0", "expected string, got integer")),
        ("tags", ["{}"], Problem("/tags/0", "expected string, got object")),
        ("kind", ["a"], Problem("/kind", "must be JSON, with each name once in its object")),
        ("kind", ['"a"', '"b"'], Problem("/kind", "must be sent only once")),
        ("kind", ["1"], Problem("/kind", "expected string or null, got integer")),
        ("count", ['"5"'], Problem("/count", "expected integer, got string")),
        ("meta", ['{"a": 1, "a": 2}'], Problem("/meta", "must be JSON, with each name once in its object")),
        ("people", ['[{"name": 5}]'], Problem("/people/0/name", "expected string, got integer")),
        ("people", ["[{}, {}, {}]"], Problem("/people", "must have at most 2 items")),
        ("people", ["{}", "{}", "{}"], Problem("/people", "must have at most 2 items")),
        ("pairs", ['[["x"]]'], Problem("/pairs/0/0", "expected integer, got string")),
        ("one_or_more", ["{}"], Problem("/one_or_more/0", "expected integer, got object")),
    ],
)
def test_a_part_of_json_that_does_not_fit_is_reported(name: str, texts: list[str], problem: Problem) -> None:
    parts = [(f'name="{name}"\r\n{JSON}; charset=utf-8', text) for text in texts]
    assert problem in judged(body(('name="title"', "ab"), FILE, *parts))


BLOB = f'filename="blob"\r\n{JSON}'


@pytest.mark.parametrize(
    ("name", "text", "problems"),
    [
        ("meta", '{"a": 1}', ()),
        ("meta", '{"a": "x"}', (Problem("/meta/a", "expected integer, got string"),)),
        ("people", '[{"name": "x"}]', ()),
        ("people", '[{"name": 5}]', (Problem("/people/0/name", "expected string, got integer"),)),
        ("photo", "[1", ()),
        ("tags", "[1", ()),
    ],
)
def test_a_file_of_json_is_judged_where_the_schema_takes_no_file(
    name: str, text: str, problems: tuple[Problem, ...]
) -> None:
    assert judged(body(('name="title"', "ab"), FILE, (f'name="{name}"; {BLOB}', text))) == problems


def test_no_number_of_files_hides_a_field_that_does_not_fit() -> None:
    files = [('name="archives"', "")] * (MOST_PROBLEMS + 1)
    fields = [('name="title"', "ab"), FILE, ('name="count"', "x")]
    assert judged(body(*files, *fields)) == (Problem("/count", "expected integer, got string"),)


def test_a_file_is_not_read_in_the_style_of_its_field() -> None:
    form = FORM._replace(styles=(("file", Style("content", explode=False, name="file", is_json=True)),))
    assert MultipartBody(form).judge(body(('name="title"', "ab"), FILE), b"b").invalid == ()


def test_a_choice_of_types_is_judged_beside_a_file() -> None:
    assert judged(body(('name="title"', "ab"), FILE, ('name="one_or_more"', "5"))) == ()
    assert judged(body(('name="title"', "ab"), FILE, ('name="id"', "9"))) == ()
    assert judged(body(('name="title"', "ab"), FILE, ('name="id"', ""))) == (
        Problem("/id", "must have at least 1 characters"),
    )


def test_a_part_of_text_is_not_read_as_json() -> None:
    parts = [('name="title"', '"'), ('name="kind"\r\nContent-Type: text/plain', '"a"'), FILE]
    assert {one.pointer for one in judged(body(*parts))} == {"/title", "/kind"}


@pytest.mark.parametrize(
    ("name", "text", "problems"),
    [
        ("people", '[{"name": "x"}]', ()),
        ("people", '{"name": "x"}', ()),
        ("people", '[{"name": 5}]', (Problem("/people/0/name", "expected string, got integer"),)),
        ("people", "[{}, {}, {}]", (Problem("/people", "must have at most 2 items"),)),
        ("people", "[{}", (Problem("/people", "must be JSON, with each name once in its object"),)),
        ("pairs", "[1, 2]", ()),
        ("pairs", "[[1, 2]]", (Problem("/pairs/0/0", "expected integer, got array"),)),
    ],
)
def test_a_part_of_text_is_a_whole_array_where_its_items_must_be_objects(
    name: str, text: str, problems: tuple[Problem, ...]
) -> None:
    assert judged(body(('name="title"', "ab"), FILE, (f'name="{name}"', text))) == problems


def test_an_array_of_text_and_json_is_read_as_text() -> None:
    parts = [('name="title"', "ab"), FILE, ('name="tags"', "x"), (f'name="tags"\r\n{JSON}', '"y"')]
    assert judged(body(*parts)) == ()


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "a", "5", "null"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=4,
)
SCHEMAS: list[dict[str, Any]] = [
    {"type": "string", "minLength": 1},
    {"type": "integer", "minimum": 0},
    {"type": ["boolean", "null"]},
    {"type": "object", "properties": {"a": {"type": "string"}}},
    {"anyOf": [{"type": "string"}, {"type": "object", "required": ["a"]}]},
    {},
]


@given(st.sampled_from(SCHEMAS), VALUES)
def test_a_part_of_json_passes_just_if_its_schema_admits_the_value(schema: dict[str, Any], value: Any) -> None:
    text = body((f'name="x"\r\n{JSON}', json.dumps(value)))
    assert (_of_field(schema).judge(text, b"b").invalid == ()) == Validator(schema).accepts(value)


@given(st.sampled_from(SCHEMAS), st.lists(VALUES, min_size=1, max_size=3))
def test_parts_of_json_pass_if_an_array_of_them_or_the_only_one_is_admitted(
    schema: dict[str, Any], values: list[Any]
) -> None:
    of_many = Validator({"type": "array", "items": schema})
    text = body(*((f'name="x"\r\n{JSON}', json.dumps(value)) for value in values))
    whole = values[0] if len(values) == 1 and isinstance(values[0], list) else values
    assert (_of_field(of_many.schema).judge(text, b"b").invalid == ()) == of_many.accepts(whole)


def _of_field(schema: dict[str, Any]) -> MultipartBody:
    whole = {"type": "object", "properties": {"x": schema}}
    kind = kind_of(whole, Document(root={"openapi": "3.1.0"}, name="x"))
    return MultipartBody(FormBody(Validator(whole), kind, plain=FORM.plain))


@pytest.mark.parametrize("text", [b"", b"--b--", b"x\r\n--b--\r\n", b"--b\r\n\r\n", b"--bc\r\n\r\n\r\n--b--"])
def test_a_body_without_its_boundary_is_reported(text: bytes) -> None:
    if text != b"--b--":
        assert judged(text) == (
            Problem("", "must consist of parts between the boundaries that its Content-Type names"),
        )
    assert judged(text, b"")[0].pointer == ""
