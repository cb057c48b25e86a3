from __future__ import annotations

import pytest

from plugin_gateway.shape.values.scalar import UnwritableError
from plugin_gateway.tools.draft import MAX_FIELDS, Draft, printable_name


def test_a_draft_begins_with_the_pieces_that_it_is_given() -> None:
    draft = Draft(["/a/", ""], ["x=1"])

    assert (draft.path, draft.pairs) == (["/a/", ""], ["x=1"])
    assert not any((draft.fields, draft.cookies, draft.members, draft.form, draft.parts, draft.whole))
    assert not any((draft.problems, draft.suspects, draft.is_doubtful))


def test_a_body_has_a_limited_number_of_fields() -> None:
    draft = Draft([], [])

    draft.add_pairs(["a=1"] * MAX_FIELDS)
    draft.add_parts([b""] * MAX_FIELDS)

    with pytest.raises(UnwritableError):
        draft.add_pairs(["a=1"])
    with pytest.raises(UnwritableError):
        draft.add_parts([b""])


def test_a_name_of_the_callers_is_shown_short_and_printable() -> None:
    assert printable_name("a\x1b\ud800" + "b" * 99) == "a\ufffd\ufffd" + "b" * 61
