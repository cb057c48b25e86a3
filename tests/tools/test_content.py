import pytest

from plugin_gateway.tools.content import content_text, sendable


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
def test_a_media_type_in_a_field_is_one_type_and_one_line(media_type, sent):
    assert sendable(media_type, "x/y") == sent
