from __future__ import annotations

import pytest

from plugin_gateway.tools.media import body_kind_of, choose_media_type, concrete, concrete_part, sendable
from plugin_gateway.tools.tool import BodyKind


@pytest.mark.parametrize(
    ("media_type", "kind"),
    [
        ("application/json; charset=utf-8", BodyKind.JSON),
        ("Application/Merge-Patch+JSON", BodyKind.JSON),
        ("*/*", BodyKind.JSON),
        ("application/x-www-form-urlencoded", BodyKind.FORM),
        ("multipart/form-data", BodyKind.MULTIPART),
        ("text/csv", BodyKind.TEXT),
        ("application/xml", BodyKind.TEXT),
        ("application/x-ndjson", BodyKind.TEXT),
        ("application/octet-stream", BodyKind.BINARY),
        ("image/*", BodyKind.BINARY),
    ],
)
def test_the_type_decides_how_a_body_is_built(media_type: str, kind: BodyKind) -> None:
    assert body_kind_of(media_type) is kind


@pytest.mark.parametrize(
    ("declared", "chosen"),
    [
        (["multipart/form-data", "application/json"], "application/json"),
        (["application/vnd.api+json", "application/json"], "application/json"),
        (["application/json-patch+json", "application/x+json"], "application/x+json"),
        (
            ["application/json-patch+json", "application/x+json", "application/merge-patch+json"],
            "application/merge-patch+json",
        ),
        (["text/plain", "application/x-www-form-urlencoded"], "application/x-www-form-urlencoded"),
        (["image/png", "text/plain"], "text/plain"),
    ],
)
def test_json_is_chosen_before_forms_and_forms_before_text(declared: list[str], chosen: str) -> None:
    assert choose_media_type(declared) == chosen


@pytest.mark.parametrize(
    ("declared", "sent"),
    [
        ("application/json; charset=utf-8", "application/json; charset=utf-8"),
        ("*/*", "application/json"),
        ("image/*", "image/png"),
        ("model/*", "model/octet-stream"),
        ("multipart/form-data; boundary=x", "multipart/form-data"),
        ("multipart/*", "multipart/form-data"),
    ],
)
def test_a_range_becomes_a_type_within_it(declared: str, sent: str) -> None:
    assert concrete(declared) == sent


def test_a_part_has_the_first_type_that_is_no_range() -> None:
    assert concrete_part("image/*, image/png, image/jpeg") == "image/png"
    assert concrete_part("image/*") == ""


@pytest.mark.parametrize(
    ("media_type", "sent"),
    [
        ("application/json", "application/json"),
        ("application/json; charset=utf-8", "application/json; charset=utf-8"),
        ('a/b; c="d e"', 'a/b; c="d e"'),
        ("image/png, image/jpeg", "image/png"),
        ("image/*", "x/y"),
        ("*/*", "x/y"),
        ("*", "x/y"),
        ("a/b\r\nX-Injected: 1", "x/y"),
        ('a/b; c="\r\n"', "x/y"),
        ("", "x/y"),
    ],
)
def test_a_media_type_in_a_field_is_one_type_and_one_line(media_type: str, sent: str) -> None:
    assert sendable(media_type, "x/y") == sent
