import pytest

from plugin_gateway.tools.content import concrete, content_text, is_json


@pytest.mark.parametrize(
    ("media_type", "value", "text"),
    [
        ("application/json", {"a": [1, "é"]}, '{"a":[1,"\\u00e9"]}'),
        ("application/vnd.x+json; v=1", "a", '"a"'),
        ("text/plain", "a b", "a b"),
        ("text/plain", 1.0, "1"),
        ("text/plain", ["a"], '["a"]'),
        ("", True, "true"),
    ],
)
def test_json_types_and_containers_are_written_as_json(media_type, value, text):
    assert content_text(media_type, value) == text


@pytest.mark.parametrize(
    ("media_type", "sent"),
    [
        ("application/json", "application/json"),
        ("application/json; charset=utf-8", "application/json; charset=utf-8"),
        ("image/png, image/jpeg", "image/png"),
        ("image/*", "image/png"),
        ("text/*", "text/plain"),
        ("font/*", "font/octet-stream"),
        ("application/*", "application/x"),
        ("application/*+json", "application/vnd.any+json"),
        ("*/*", "application/x"),
        ("*", "application/x"),
        ("a/b\r\nX-Injected: 1", "application/x"),
        ('a/b; c="\r\n"', "application/x"),
        ("", "application/x"),
    ],
)
def test_the_media_type_of_a_field_is_one_type_and_one_line(media_type, sent):
    assert concrete(media_type, "application/x") == sent


def test_names_that_end_in_json_are_json():
    assert is_json("Application/JSON;v=1")
    assert is_json("application/problem+json")
    assert not is_json("application/jsonl")
