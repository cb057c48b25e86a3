import pytest

from plugin_gateway.shape.request.bodies import Bodies
from plugin_gateway.shape.request.parameters import Parameters
from plugin_gateway.shape.request.part import Part
from plugin_gateway.shape.shape import NO_SHAPE, Shape


def test_a_shape_without_parts_is_no_shape() -> None:
    assert Shape() == NO_SHAPE


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
