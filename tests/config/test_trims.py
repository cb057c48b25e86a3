from typing import Any

import pytest

from plugin_gateway.config.reader import MistakesError
from plugin_gateway.config.trims import RequestTrim, ResponseTrim


@pytest.mark.parametrize("kind", [RequestTrim, ResponseTrim])
def test_pointers_keep_their_order_and_their_escapes(kind: Any) -> None:
    assert kind.parse({"keep": ["/b~1c", "/a"]}).keep == ("/b~1c", "/a")


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        (RequestTrim, {"drop": ["a"]}),
        (RequestTrim, {"drop": "/a"}),
        (RequestTrim, {"fixed": {"a": 1}}),
        (RequestTrim, {"limit_items": {"/a": 1}}),
        (ResponseTrim, {"keep": ["/a~2"]}),
        (ResponseTrim, {"limit_items": {"/a": 0}}),
        (ResponseTrim, {"select": ""}),
        (ResponseTrim, {"fixed": {"/a": 1}}),
    ],
)
def test_a_wrong_pointer_or_count_and_a_key_of_the_other_direction_are_mistakes(
    kind: Any, written: dict[str, Any]
) -> None:
    with pytest.raises(MistakesError):
        kind.parse(written)


def test_the_items_of_the_answer_itself_may_be_limited() -> None:
    assert ResponseTrim.parse({"limit_items": {"": 20}}).limit_items == {"": 20}
