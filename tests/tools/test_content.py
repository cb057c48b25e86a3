from __future__ import annotations

import pytest

from plugin_gateway.tools.content import content_text


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
def test_json_types_and_containers_are_written_as_json(media_type: str, value: object, text: str) -> None:
    assert content_text(media_type, value) == text
