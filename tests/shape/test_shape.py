import pytest

from plugin_gateway.shape.bodies import Bodies
from plugin_gateway.shape.parameters import Parameters
from plugin_gateway.shape.part import Part
from plugin_gateway.shape.shape import NO_SHAPE, Shape, pairs_of


def test_a_shape_without_parts_is_no_shape() -> None:
    assert Shape() == NO_SHAPE


def test_the_pairs_of_field_lines_are_their_names_and_values() -> None:
    assert list(pairs_of([(b"accept", b"text/html", b"Accept: text/html\r\n")])) == [(b"accept", b"text/html")]


@pytest.mark.parametrize(
    ("shape", "only_reports"),
    [
        (Shape(body=Bodies((), is_required=True, is_enforced=False)), True),
        (Shape(body=Bodies((), is_required=True, is_enforced=True)), False),
        (Shape(body=Bodies((), is_required=True, is_enforced=False, is_narrowed=True)), False),
        (Shape(parameters=Parameters()), True),
        (Shape(parameters=Parameters((Part("query", "a", added=b"a=1"),))), False),
    ],
)
def test_a_shape_that_refuses_and_changes_nothing_only_reports(shape: Shape, only_reports: bool) -> None:
    assert shape.only_reports is only_reports


def test_fields_that_connection_nominates_are_left_out() -> None:
    fields = [(b"x-a", b"1"), (b"x-b", b"2")]
    assert list(pairs_of(fields, frozenset({b"x-a"}))) == [(b"x-b", b"2")]
