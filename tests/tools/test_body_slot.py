from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from plugin_gateway.shape.values.scalar import UnwritableError
from plugin_gateway.tools.body_slot import FieldSlot, MemberSlot, PartSlot, WholeSlot
from plugin_gateway.tools.draft import MAX_FIELDS, Draft
from plugin_gateway.tools.tool import PLAIN_ENCODING, Argument, Encoding, Place

if TYPE_CHECKING:
    from plugin_gateway.tools.slot import Slot

ARGUMENT = Argument(name="n", place=Place.BODY, wire_name="wire")


def written(slot: Slot, value: object) -> Draft:
    draft = Draft(["/"], [])
    slot.add(value, draft)
    return draft


@pytest.mark.parametrize("value", [1, "a", [1], {"a": None}, None])
def test_a_member_keeps_its_value_under_the_name_of_the_document(value: Any) -> None:
    slot = MemberSlot(ARGUMENT)

    assert written(slot, value).members == {"wire": value}
    assert slot.takes_null


def test_a_field_is_written_as_its_encoding_says() -> None:
    assert written(FieldSlot(ARGUMENT, PLAIN_ENCODING), "a b").form == ["wire=a%20b"]
    assert written(FieldSlot(ARGUMENT, Encoding(style="pipeDelimited", explode=False)), ["a", "b"]).form == [
        "wire=a%7Cb"
    ]
    assert not FieldSlot(ARGUMENT, PLAIN_ENCODING).takes_null


def test_a_part_has_the_name_of_the_document() -> None:
    (part,) = written(PartSlot(ARGUMENT, PLAIN_ENCODING), "a b").parts

    assert b'name="wire"' in part
    assert part.endswith(b"a b")


@pytest.mark.parametrize("slot", [FieldSlot(ARGUMENT, PLAIN_ENCODING), PartSlot(ARGUMENT, PLAIN_ENCODING)])
def test_a_body_has_a_limited_number_of_fields(slot: Slot) -> None:
    draft = Draft(["/"], [])
    for _ in range(MAX_FIELDS):
        slot.add("a", draft)

    with pytest.raises(UnwritableError, match=str(MAX_FIELDS)):
        slot.add("a", draft)


def test_an_argument_may_be_the_whole_body() -> None:
    assert written(WholeSlot(ARGUMENT), [1, 2]).whole == [[1, 2]]
