import pytest

from plugin_gateway.tools.media import choose, concrete, concrete_part, kind_of
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
def test_the_type_decides_how_a_body_is_built(media_type, kind):
    assert kind_of(media_type) is kind


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
def test_json_is_chosen_before_forms_and_forms_before_text(declared, chosen):
    assert choose(declared) == chosen


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
def test_a_range_becomes_a_type_within_it(declared, sent):
    assert concrete(declared) == sent


def test_a_part_has_the_first_type_that_is_no_range():
    assert concrete_part("image/*, image/png, image/jpeg") == "image/png"
    assert concrete_part("image/*") == ""
