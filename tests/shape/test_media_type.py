import pytest

from plugin_gateway.shape.media_type import (
    admits,
    declared_media_types,
    describes_json,
    is_json,
    parameter_of,
    read_media_type,
)


@pytest.mark.parametrize(
    ("value", "name", "charset"),
    [
        (b"application/json", b"application/json", b""),
        (b"Application/JSON; Charset=UTF-8", b"application/json", b"utf-8"),
        (b'text/plain;charset="utf-8" ; format=flowed;', b"text/plain", b"utf-8"),
        (b"multipart/form-data; boundary=--x", b"multipart/form-data", b""),
        (b'multipart/form-data; boundary="a;b,c"', b"multipart/form-data", b""),
        (b"application/vnd.api+json;", b"application/vnd.api+json", b""),
    ],
)
def test_a_media_type_is_read_with_its_charset(value: bytes, name: bytes, charset: bytes) -> None:
    assert read_media_type(value) == (name, charset)


@pytest.mark.parametrize(
    "value",
    [
        b"json", b"application/", b"/json", b"application/json, text/plain", b"application /json", b"application/json charset=x",
        b"application/json;charset=a;charset=b", b'text/plain;charset="utf-8', b"text/plain;charset=", b"a/b/c", b"\xff/b",
        b"application/json; charset = utf-7", b"*",
    ],
)  # fmt: skip
def test_a_value_that_is_not_one_media_type_is_read_as_none(value: bytes) -> None:
    assert read_media_type(value) is None


def test_declared_types_lose_their_parameters_and_lists_are_taken_apart() -> None:
    declared = ["application/json; charset=utf-8", "Text/XML, application/xml", "application/json", ""]
    assert declared_media_types(declared) == (b"application/json", b"text/xml", b"application/xml")


@pytest.mark.parametrize(
    ("declared", "name", "is_admitted"),
    [
        (b"application/json", b"application/json", True),
        (b"application/json", b"application/vnd.api+json", False),
        (b"application/merge-patch+json", b"application/json", False),
        (b"*/*", b"image/png", True),
        (b"*", b"image/png", True),
        (b"image/*", b"image/png", True),
        (b"image/*", b"imagex/png", False),
        (b"application/*+json", b"application/vnd.api+json", True),
        (b"application/*+json", b"application/json", False),
        (b"application/*+json", b"text/x+json", False),
    ],
)
def test_a_range_admits_only_the_media_types_in_it(declared: bytes, name: bytes, is_admitted: bool) -> None:
    assert admits([b"x/y", declared], name) is is_admitted


@pytest.mark.parametrize(
    ("value", "boundary"),
    [
        (b"multipart/form-data; boundary=ab", b"ab"),
        (b'multipart/form-data; charset=utf-8; BOUNDARY="a;\\"b"', b'a;"b'),
        (b"multipart/form-data", b""),
        (b"not a type; boundary=x", b""),
    ],
)
def test_a_parameter_is_read_without_its_quotes(value: bytes, boundary: bytes) -> None:
    assert parameter_of(value, b"boundary") == boundary


def test_json_types_end_in_json() -> None:
    assert is_json(b"application/json")
    assert is_json(b"application/vnd.api+json")
    assert not is_json(b"application/x-ndjson")


@pytest.mark.parametrize(
    ("media_type", "expected"),
    [
        ("application/json", True),
        ("application/JSON; charset=utf-8", True),
        ("application/hal+json", True),
        ("text/json", True),
        ("*/*", True),
        ("application/x-ndjson", False),
        ("application/json-seq", False),
        ("application/jsonp", False),
        ("text/event-stream", False),
        ("text/csv", False),
    ],
)
def test_answers_of_json_and_of_ranges_are_cut(media_type: str, *, expected: bool) -> None:
    assert describes_json(media_type) is expected
