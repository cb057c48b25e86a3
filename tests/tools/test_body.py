from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from plugin_gateway.shape.values.scalar import UnwritableError
from plugin_gateway.tools.body import BodyWriter
from plugin_gateway.tools.draft import MAX_PROBLEMS, Draft
from plugin_gateway.tools.tool import Argument, Body, BodyKind, Encoding, Place

if TYPE_CHECKING:
    from plugin_gateway.openapi.document import JsonObject

TYPES = {
    BodyKind.JSON: "application/json",
    BodyKind.FORM: "application/x-www-form-urlencoded",
    BodyKind.MULTIPART: "multipart/form-data",
    BodyKind.TEXT: "text/csv; charset=utf-8",
    BodyKind.BINARY: "application/octet-stream",
}


def body(kind: BodyKind, media_type: str = "", **given: Any) -> Body:
    return Body(kind=kind, media_type=media_type or TYPES[kind], **given)


def written(described: Body, **members: Any) -> tuple[bytes, bytes]:
    writer, draft = BodyWriter(described), Draft([], [])
    for name, value in members.items():
        writer.slot(Argument(name=name, place=Place.BODY, wire_name=name)).add(value, draft)
    sent = writer.write(draft)
    assert sent is not None
    return sent


@pytest.mark.parametrize(
    ("described", "members", "expected"),
    [
        (body(BodyKind.JSON), {"a": None, "b": [1.0, 2**70]}, b'{"a":null,"b":[1.0,1180591620717411303424]}'),
        (body(BodyKind.JSON, whole="body"), {"body": [1, "x"]}, b'[1,"x"]'),
        (body(BodyKind.FORM), {"a": "x y", "b": [1, 2]}, b"a=x%20y&b=1&b=2"),
        (body(BodyKind.FORM, encodings={"a": Encoding(style="deepObject")}), {"a": {"b": 1}}, b"a%5Bb%5D=1"),
        (body(BodyKind.FORM, whole="body"), {"body": {"a": 1, "b": None, "c": {"d": 2}}}, b"a=1&c=%7B%22d%22%3A2%7D"),
        (body(BodyKind.TEXT, whole="body"), {"body": "a,b\r\n\u00e9\x0c"}, "a,b\r\n\u00e9\x0c".encode()),
        (body(BodyKind.TEXT, whole="body"), {"body": {"a": 1}}, b'{"a":1}'),
        (body(BodyKind.BINARY, whole="body"), {"body": base64.b64encode(b"\x00\xff").decode()}, b"\x00\xff"),
        (body(BodyKind.JSON, is_required=True), {}, b"{}"),
        (body(BodyKind.FORM, is_required=True), {}, b""),
    ],
)  # fmt: skip
def test_arguments_make_a_body_of_its_media_type(described: Body, members: JsonObject, expected: bytes) -> None:
    content_type, octets = written(described, **members)

    assert octets == expected
    assert content_type == described.media_type.encode()


@pytest.mark.parametrize("kind", BodyKind)
@pytest.mark.parametrize("whole", ["", "body"])
def test_an_optional_body_without_arguments_is_not_sent(kind: BodyKind, whole: str) -> None:
    assert written(body(kind, whole=whole)) == (b"", b"")


@pytest.mark.parametrize(
    "described", [body(BodyKind.MULTIPART), body(BodyKind.MULTIPART, "multipart/form-data; boundary=x")]
)
def test_a_multipart_body_names_its_boundary_once(described: Body) -> None:
    content_type, octets = written(described, a="1")

    start, _, boundary = content_type.partition(b"; boundary=")
    assert start == b"multipart/form-data"
    assert octets.startswith(b"--" + boundary + b"\r\n")
    assert octets.endswith(b"--" + boundary + b"--\r\n")


def test_a_whole_multipart_body_has_a_part_for_each_member() -> None:
    _, octets = written(body(BodyKind.MULTIPART, whole="body"), body={"a": 1, "b": {"c": 2}, "d": None})

    assert octets.count(b"Content-Disposition") == 2
    assert b'{"c":2}' in octets


def test_a_type_that_cannot_stand_in_a_field_is_sent_as_the_kind() -> None:
    assert written(body(BodyKind.JSON, "*/*"), a=1)[0] == b"application/json"
    assert written(body(BodyKind.BINARY, "a/b\r\nc", whole="body"), body="")[0] == b"application/octet-stream"


@pytest.mark.parametrize("kind", BodyKind)
def test_text_that_is_not_unicode_is_in_no_body(kind: BodyKind) -> None:
    for whole, value in (("", "\ud800"), ("body", {"a": "\ud800"}), ("body", "\ud800")):
        with pytest.raises(UnwritableError):
            written(body(kind, whole=whole or ("body" if kind in {BodyKind.TEXT, BodyKind.BINARY} else "")), body=value)


@pytest.mark.parametrize("kind", [BodyKind.FORM, BodyKind.MULTIPART])
def test_a_form_is_not_made_of_a_list(kind: BodyKind) -> None:
    with pytest.raises(UnwritableError):
        written(body(kind, whole="body"), body=["a"])


def others(described: Body, value: object) -> bytes:
    writer, draft = BodyWriter(described), Draft([], [])
    writer.add_other("x", value, draft)
    return writer.write(draft)[1]


def test_members_that_the_tool_does_not_name_are_written_like_the_others() -> None:
    assert others(body(BodyKind.JSON), None) == b'{"x":null}'
    assert others(body(BodyKind.FORM), None) == b""
    assert others(body(BodyKind.FORM), {"a": 1}) == b"x=%7B%22a%22%3A1%7D"
    assert others(body(BodyKind.FORM), [1, 2]) == b"x=1&x=2"
    assert b'name="x"' in others(body(BodyKind.MULTIPART), "a")


def test_the_member_that_has_no_json_is_named() -> None:
    writer, draft = BodyWriter(body(BodyKind.JSON)), Draft([], [])
    writer.slot(Argument(name="body_b", place=Place.BODY, wire_name="b"))
    draft.members = {"a": 1, "b": "\ud800", "c": float("nan")}
    with pytest.raises(UnwritableError) as caught:
        writer.write(draft)

    writer.blame(draft, caught.value)

    assert [problem.name for problem in draft.problems] == ["body_b", "c"]


def test_the_whole_that_cannot_be_written_is_named() -> None:
    writer, draft = BodyWriter(body(BodyKind.BINARY, whole="data")), Draft([], [])

    writer.blame(draft, UnwritableError("must be base64 text"))

    writer.blame(draft, UnwritableError("must be base64 text"))

    assert [tuple(problem) for problem in draft.problems] == [("data", "`data` must be base64 text.")] * 2
    assert json.dumps(draft.problems)


def test_the_members_without_json_are_named_up_to_a_number() -> None:
    writer, draft = BodyWriter(body(BodyKind.JSON)), Draft([], [])
    draft.members = dict.fromkeys(map(str, range(100)), float("nan"))

    writer.blame(draft, UnwritableError("x"))

    assert len(draft.problems) == MAX_PROBLEMS
