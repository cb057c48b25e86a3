import pytest

from plugin_gateway.shape.answer.item_end import last_end
from plugin_gateway.shape.answer.trim import NotJsonError


def test_text_that_is_nested_very_deeply_is_not_searched_level_by_level() -> None:
    with pytest.raises(NotJsonError):
        last_end(b"[" * 5000, 0)


@pytest.mark.parametrize(
    ("text", "end"),
    [
        (b"1,2,3", 3),
        (b'"a,b",[1,2],{"c":[', 11),
        (b'"k":1,"l":{"m":2},"n', 17),
        (b"1]", 1),
        (b'{"a":[1,2', -1),
        (b'"a,', -1),
        (b"[[[[[[[[[[1]]]]]]]]]],2", 21),
    ],
)
def test_the_last_complete_item_ends_at_a_comma_or_a_bracket(text: bytes, end: int) -> None:
    assert last_end(text, 0) == end
