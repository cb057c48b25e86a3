from typing import Any

import pytest

from plugin_gateway.openapi.document import Document
from plugin_gateway.shape.form_body import FormBody
from plugin_gateway.shape.kind import kind_of
from plugin_gateway.shape.multipart_body import MultipartBody
from plugin_gateway.shape.reading import Style
from plugin_gateway.shape.shape import Problem
from plugin_gateway.shape.validator import Validator

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["title", "file"],
    "properties": {
        "title": {"type": "string", "minLength": 2},
        "count": {"type": "integer"},
        "meta": {"type": "object", "properties": {"a": {"type": "integer"}}},
        "tags": {"type": "array", "items": {"type": "string"}},
        "photo": {"type": ["string", "null"], "format": "binary"},
        "pages": {"type": "array", "items": {"type": "string", "format": "binary"}},
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
    octets = (f'name="{name}"', "\x89PNG\xff")
    assert judged(body(('name="title"', "ab"), FILE, octets)) == ()


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
        (
            [('name="title"', "ab"), ('name="count"; filename="x"', "5"), FILE],
            Problem("/count", "expected integer, got string"),
        ),
        ([("x=1", "ab"), FILE], Problem("", "must have a name in the Content-Disposition of each part")),
    ],
)
def test_a_part_that_does_not_fit_is_told(parts: list[tuple[str, str]], problem: Problem) -> None:
    assert judged(body(*parts)) == (problem,)


@pytest.mark.parametrize("text", [b"", b"--b--", b"x\r\n--b--\r\n", b"--b\r\n\r\n", b"--bc\r\n\r\n\r\n--b--"])
def test_a_body_without_its_boundary_is_told(text: bytes) -> None:
    if text != b"--b--":
        assert judged(text) == (Problem("", "must be parts between the boundary of its Content-Type"),)
    assert judged(text, b"")[0].pointer == ""
