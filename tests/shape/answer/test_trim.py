import json

import pytest
from hypothesis import given

from plugin_gateway.shape.answer.cut import Branch, dropped, kept
from plugin_gateway.shape.answer.trim import trim
from tests.shape.json_texts import branches, expected, texts


@given(text=texts(), branch=branches())
def test_a_whole_text_is_cut_like_its_value(text: bytes, branch: Branch) -> None:
    assert json.loads(trim(text, branch)) == expected(text, branch)


@pytest.mark.parametrize("text", [b'"ok"', b"7", b"true"])
def test_a_text_of_which_nothing_is_kept_becomes_null(text: bytes) -> None:
    assert trim(text, kept([("a",)])) == b"null"
    assert trim(text, dropped([("a",)])) == text
