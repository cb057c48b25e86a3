from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.tools.argument_names import ARGUMENT_NAME, legal_name, name_arguments
from plugin_gateway.tools.tool import Argument, Place


def names(*arguments: Any) -> list[str]:
    return [
        one.name
        for one in name_arguments([Argument(name="", wire_name=name, place=place) for place, name in arguments])
    ]


def test_a_name_that_several_places_share_belongs_to_the_first() -> None:
    assert names((Place.PATH, "id"), (Place.QUERY, "id"), (Place.BODY, "id"), (Place.BODY, "tag")) == [
        "id",
        "query_id",
        "body_id",
        "tag",
    ]


def test_a_prefixed_name_gives_way_to_a_parameter_of_that_name() -> None:
    assert names((Place.PATH, "id"), (Place.BODY, "id"), (Place.BODY, "body_id")) == ["id", "body_id_2", "body_id"]


def test_a_name_that_clients_refuse_is_written_with_legal_characters() -> None:
    assert names((Place.QUERY, "filter[status]"), (Place.QUERY, "$top"), (Place.HEADER, "é")) == [
        "filter_status",
        "top",
        "argument",
    ]


def test_a_rewritten_name_gives_way_to_a_parameter_that_has_it() -> None:
    assert names((Place.QUERY, "ids[]"), (Place.QUERY, "ids")) == ["ids_2", "ids"]


def test_names_that_differ_in_a_sign_stay_apart() -> None:
    assert names((Place.QUERY, "DateSent"), (Place.QUERY, "DateSent<"), (Place.QUERY, "DateSent>")) == [
        "DateSent",
        "DateSent_lt",
        "DateSent_gt",
    ]


@given(st.lists(st.tuples(st.sampled_from(Place), st.text(alphabet="ab_[]<é. " + "x" * 3, max_size=70)), max_size=12))
def test_every_name_is_legal_and_unique(parameters: list[Any]) -> None:
    found = names(*parameters)

    assert len({*found}) == len(found)
    assert all(ARGUMENT_NAME.fullmatch(name) for name in found)
    assert all(ARGUMENT_NAME.fullmatch(legal_name(name)) for _, name in parameters)
