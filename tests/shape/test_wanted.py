import pytest

from plugin_gateway.config.parameter_rule import ParameterRule
from plugin_gateway.config.trims import RequestTrim, ResponseTrim
from plugin_gateway.shape.wanted import Wanted


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(),
        Wanted(entry=3),
        Wanted(parameters={"path": ParameterRule.parse({"slashes": "allowed"})}),
        Wanted(response=ResponseTrim.parse({"links": ["/next"]})),
    ],
)
def test_settings_of_the_gate_and_of_links_shape_no_call(wanted: Wanted) -> None:
    assert wanted.is_nothing


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(parameters={"debug": ParameterRule.parse("hidden")}),
        Wanted(request=RequestTrim.parse({"drop": ["/notes"]})),
        Wanted(response=ResponseTrim.parse({"keep": ["/id"]})),
        Wanted(validates_request="report"),
        Wanted(validates_response="enforce"),
    ],
)
def test_all_other_settings_shape_calls(wanted: Wanted) -> None:
    assert not wanted.is_nothing


def test_a_finding_points_at_the_entry_that_says_the_setting() -> None:
    wanted = Wanted(entry=1, origins={("limit", ""): 2, ("limit", "maximum"): 3})
    assert wanted.pointer_to("limit", "maximum") == ("allow", 3, "parameters", "limit", "maximum")
    assert wanted.pointer_to("limit") == ("allow", 2, "parameters", "limit")
    assert wanted.pointer_to("other") == ("allow", 1, "parameters", "other")
