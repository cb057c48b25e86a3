"""The media type of a body, compared with the types that its operation declares."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from plugin_gateway.gate.media_type import FORM, JSON, MULTIPART, OPAQUE, TEXT, judge_body
from plugin_gateway.gate.permit import OperationRule
from plugin_gateway.refusal import Refusal
from plugin_gateway.shape.media_type import declared_media_types
from tests.narrow import as_a

if TYPE_CHECKING:
    from collections.abc import Sequence


def rule_of(*media_types: str, has_request_body: bool = True) -> OperationRule:
    return OperationRule(
        method="POST",
        path_template="/p",
        operation_id="createPet",
        has_request_body=has_request_body,
        media_types=declared_media_types(media_types),
        is_safe=False,
    )


def judged(rule: OperationRule, *types: bytes, codings: Sequence[bytes] = ()) -> int | tuple[int, str]:
    found = judge_body(rule, types, codings)
    return found if isinstance(found, int) else (found.status, found.code)


PETS = rule_of("application/json", "multipart/form-data")


@pytest.mark.parametrize(
    ("types", "found"),
    [
        ([b"application/json"], JSON),
        ([b"APPLICATION/JSON;charset=utf-8"], JSON),
        ([b"multipart/form-data; boundary=x"], MULTIPART),
        ([b"application/x-www-form-urlencoded"], (415, "undeclared-media-type")),
        ([b"text/plain"], (415, "undeclared-media-type")),
        ([b"multipart/mixed; boundary=x"], (415, "undeclared-media-type")),
        ([], (415, "undeclared-media-type")),
        ([b""], (415, "undeclared-media-type")),
        ([b"application/json", b"application/json"], (400, "malformed-media-type")),
        ([b"application/json", b"text/plain"], (400, "malformed-media-type")),
        ([b"application/json, text/plain"], (400, "malformed-media-type")),
        ([b"json"], (400, "malformed-media-type")),
        ([b"application/json; charset=utf-16"], (415, "unsupported-charset")),
        ([b"application/json; charset=utf-7"], (415, "unsupported-charset")),
        ([b"multipart/form-data; boundary=x; charset=ibm037"], (415, "unsupported-charset")),
    ],
)
def test_a_body_is_of_a_declared_type_or_refused(types: list[bytes], found: int | tuple[int, str]) -> None:
    assert judged(PETS, *types) == found


def test_a_refusal_names_the_declared_media_types() -> None:
    refusal = judge_body(PETS, [b"text/xml"], [])
    assert isinstance(refusal, Refusal)
    assert refusal.members == {"sent": "text/xml", "declared": ["application/json", "multipart/form-data"]}
    assert refusal.headers == ((b"Accept", b"application/json, multipart/form-data"),)
    assert refusal.hint == "Send it as application/json or multipart/form-data, with that Content-Type."
    assert refusal.detail == "createPet does not accept a body of type text/xml."
    assert as_a(Refusal, judge_body(PETS, [], [])).detail == "The body has no Content-Type."


def test_an_invalid_declared_media_type_is_not_sent_as_an_accept_field() -> None:
    assert as_a(Refusal, judge_body(rule_of("j\r\nson"), [b"text/xml"], [])).headers == ()


@pytest.mark.parametrize(
    ("declared", "types", "found"),
    [
        # The document names no media type: the gate accepts any, and inspects the body by its Content-Type.
        ([], [b"application/x-www-form-urlencoded"], FORM),
        ([], [b"application/vnd.x+json"], JSON),
        ([], [b"image/png"], OPAQUE),
        ([], [], FORM),
        (["*/*"], [b"text/plain"], TEXT),
        (["*/*"], [b"text/json"], JSON),
        (["*/*"], [b"multipart/mixed"], MULTIPART),
        (["*/*"], [], FORM),
        (["application/octet-stream"], [b"application/octet-stream"], OPAQUE),
        (["application/octet-stream"], [], FORM),
        (["application/xml"], [b"application/xml; charset=utf-16"], OPAQUE),
    ],
)
def test_a_body_is_looked_through_by_its_kind(declared: list[str], types: list[bytes], found: int) -> None:
    assert judged(rule_of(*declared), *types) == found


@pytest.mark.parametrize("coding", [b"gzip", b"identity, gzip", b"br", b"x"])
def test_a_coded_body_that_would_be_looked_through_is_refused(coding: bytes) -> None:
    assert judged(PETS, b"application/json", codings=[coding]) == (415, "unsupported-coding")
    assert judged(rule_of("image/png"), b"image/png", codings=[coding]) == OPAQUE
    assert judged(PETS, b"application/json", codings=[b"identity", b""]) == JSON
    assert judged(PETS, b"application/json", codings=[b"Identity , identity"]) == JSON


def test_a_safe_operation_that_declares_no_body_takes_none() -> None:
    write = rule_of(has_request_body=False)
    assert judged(replace(write, is_safe=True), b"application/json") == (400, "body-not-declared")
    assert judged(write, b"application/json") == JSON
    assert judged(write, b"application/x-www-form-urlencoded") == FORM
