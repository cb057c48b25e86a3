from typing import Any

import pytest

from plugin_gateway.shape.body_trims import BodyTrims, is_trimmable


@pytest.mark.parametrize(
    ("key", "trims", "is_possible"),
    [
        ("application/json", {"drop": ["/a/b"]}, True),
        ("application/merge-patch+json", {"drop": ["/a/b"]}, True),
        ("*/*", {"drop": ["/a/b"]}, True),
        ("text/xml", {"drop": ["/a"]}, False),
        ("application/x-www-form-urlencoded", {"drop": ["/a"]}, True),
        ("multipart/form-data", {"drop": ["/a"], "keep": ["/b"], "fixed": {"/c": "x", "/d": ["x", "y"]}}, True),
        ("multipart/form-data", {"drop": ["/a/b"]}, False),
        ("multipart/form-data", {"keep": ["/*"]}, False),
        ("multipart/form-data", {"fixed": {"/a": {"b": 1}}}, False),
        ("multipart/form-data", {"fixed": {"/a": [[1]]}}, False),
    ],
)
def test_json_can_be_changed_anywhere_and_forms_by_whole_fields(
    key: str, trims: dict[str, Any], is_possible: bool
) -> None:
    def tokens(pointer: str) -> tuple[str, ...]:
        return tuple(pointer.split("/")[1:])

    made = BodyTrims(
        keep=frozenset(map(tokens, trims.get("keep", ()))) or None,
        drop=frozenset(map(tokens, trims.get("drop", ()))),
        fixed={tokens(pointer): value for pointer, value in trims.get("fixed", {}).items()},
    )
    assert is_trimmable(key, made) == is_possible
