"""What is left out of a large answer, and how it is told."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.mcp.left_out import LeftOut, cut_json, cut_text
from tests.mcp.world import revision_of

TOOLS = revision_of().tools.by_name


@given(st.text(alphabet=st.characters(codec="utf-8")), st.integers(0, 80))
def test_a_cut_text_fits_as_a_json_string_and_is_a_beginning(text: str, limit: int) -> None:
    kept, size = cut_text(text, limit)

    assert text.startswith(kept)
    assert size == len(kept.encode())
    assert not kept or len(json.dumps(kept, ensure_ascii=False).encode()) <= limit


def test_a_cut_array_is_counted_at_its_pointer() -> None:
    whole = {"total": 9, "a/b": {"items": [1, 2, 3, 4]}}
    left_out = LeftOut(TOOLS["listPets"], 100, has_more=False)
    left_out.count(whole, {"total": 9, "a/b": {"items": [1, 2]}}, 50)
    notice = left_out.notice()

    assert (notice["array"], notice["kept_items"], notice["total_items"]) == ("/a~1b/items", 2, 4)
    assert (notice["kept_bytes"], notice["total_bytes"]) == (50, 100)
    assert "limit" in notice["hint"]
    assert "first 2 of 4 items" in left_out.sentence()


def test_an_answer_that_was_not_read_to_its_end_is_reported_as_longer() -> None:
    left_out = LeftOut(TOOLS["getPet"], 100, has_more=True)
    left_out.kept(9)

    assert left_out.notice()["is_longer"] is True
    assert "more than 100 bytes" in left_out.sentence()
    assert "no argument that makes its answer smaller" in left_out.advice()


def test_json_is_cut_after_a_whole_item() -> None:
    assert cut_json(b'{"items": [{"a": 1}, {"a": 2}, {"a": 3}]}', 30) == b'{"items": [{"a": 1}]}'
    assert cut_json(b'{"a": "xxxxxxxxxxxxxxxxxxxxxxxxxxx"}', 20) is None
