"""A multipart body has the parts that its arguments say, for a parser that knows only RFC 2046."""

from __future__ import annotations

import base64
import secrets
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.gate.body_names import BodyNames
from plugin_gateway.gate.media_type import MULTIPART
from plugin_gateway.proxy.inspection import inspect
from plugin_gateway.shape.values.scalar import UnwritableError
from plugin_gateway.tools.multipart import joined, parts
from plugin_gateway.tools.tool import Encoding

FILE = Encoding(is_binary=True, media_type="image/png")


def read(pieces: list[bytes]) -> list[Any]:
    """The parts as (name, file name, type, octets)."""
    boundary, body = joined(pieces)
    head = b"Content-Type: multipart/form-data; boundary=" + boundary + b"\r\n\r\n"
    message = BytesParser(policy=HTTP).parsebytes(head + body)
    return [
        (
            part.get_param("name", header="content-disposition"),
            part.get_filename(),
            part["content-type"],
            part.get_payload(decode=True),
        )
        for part in message.iter_parts()
    ]


def test_each_field_is_a_part_with_its_type() -> None:
    pieces = [
        *parts("title", "é", Encoding()),
        *parts("tags", ["a", None, "b"], Encoding()),
        *parts("ids", [1, 2], Encoding(explode=False)),
        *parts("meta", {"a": 1}, Encoding(style="", media_type="application/json; v=1")),
        *parts("list", [1, 2], Encoding(style="", media_type="application/json")),
        *parts("loose", {"a": 1}, Encoding()),
        *parts("deep", {"a": {"b": 1}}, Encoding(style="deepObject")),
        *parts("photo", base64.b64encode(b"\x89PNG\r\n--x").decode(), FILE),
        *parts("raw.PNG", "", FILE),
        *parts("blob", "/w==", Encoding(is_binary=True, media_type="image/png, x")),
    ]

    assert read(pieces) == [
        ("title", None, None, "é".encode()),
        ("tags", None, None, b"a"),
        ("tags", None, None, b"b"),
        ("ids", None, None, b"1,2"),
        ("meta", None, 'application/json; v="1"', b'{"a":1}'),
        ("list", None, "application/json", b"[1,2]"),
        ("loose", None, "application/json", b'{"a":1}'),
        ("deep[a][b]", None, None, b"1"),
        ("photo", "photo.png", "image/png", b"\x89PNG\r\n--x"),
        ("raw.PNG", "raw.PNG", "image/png", b""),
        ("blob", "blob.png", "image/png", b"\xff"),
    ]


@given(st.lists(st.binary(max_size=40), max_size=3))
def test_every_content_comes_back_and_the_gate_reads_the_same_parts(contents: list[bytes]) -> None:
    pieces = [piece for octets in contents for piece in parts("f", base64.b64encode(octets).decode(), FILE)]

    boundary, body = joined(pieces)

    assert [found for *_, found in read(pieces)] == contents
    assert body.count(boundary) == len(contents) + 1
    assert inspect(MULTIPART, BodyNames()).feed(body, is_last=True) == body


def test_a_boundary_that_occurs_in_the_content_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = iter(["0" * 32, "1" * 32])
    monkeypatch.setattr(secrets, "token_hex", lambda _: next(tokens))

    boundary, _ = joined(parts("a", "x plugin-gateway-" + "0" * 32, Encoding()))

    assert boundary == b"plugin-gateway-" + b"1" * 32


@pytest.mark.parametrize("name", ["", "a" * 257, "a\r\nX: y", "a\nb", "a\\", "=?utf-8?q?a?=", "a\x00", "\ud800"])
def test_a_name_that_could_end_its_header_is_refused(name: str) -> None:
    for encoding in (Encoding(), FILE, Encoding(style="deepObject")):
        with pytest.raises(UnwritableError):
            parts(name, "YQ==", encoding)


def test_a_quote_in_a_name_does_not_end_it() -> None:
    (piece,) = parts('a"; filename="x', "1", Encoding())

    assert piece.startswith(b'Content-Disposition: form-data; name="a%22; filename=%22x"\r\n')


def test_a_key_of_a_deep_object_cannot_end_its_header() -> None:
    with pytest.raises(UnwritableError):
        parts("a", {"b\r\nX: y": 1}, Encoding(style="deepObject"))


def test_a_list_that_would_take_much_more_memory_than_its_json_is_refused() -> None:
    with pytest.raises(UnwritableError):
        parts("a", [1] * 10_001, Encoding())
