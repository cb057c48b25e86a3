import re

import pytest

from plugin_gateway.text.match_end import match_end


@pytest.mark.parametrize(
    ("text", "at", "end"), [("  a", 0, 2), ("  a", 1, 2), ("  a", 2, 2), ("", 0, 0), ("a  b", 0, 0)]
)
def test_the_end_is_that_of_the_match_or_the_place_itself(text: str, at: int, end: int) -> None:
    assert match_end(re.compile(" +"), text, at) == end
    assert match_end(re.compile(b" +"), text.encode(), at) == end
