import pytest

from plugin_gateway.config.parameter_rule import ParameterRule
from plugin_gateway.config.trims import RequestTrim, ResponseTrim
from plugin_gateway.shape.settings import OperationSettings


@pytest.mark.parametrize(
    "settings",
    [
        OperationSettings(),
        OperationSettings(entry=3),
        OperationSettings(parameters={"path": ParameterRule.parse({"slashes": "allowed"})}),
        OperationSettings(response=ResponseTrim.parse({"links": ["/next"]})),
    ],
)
def test_settings_of_the_gate_and_of_links_shape_no_call(settings: OperationSettings) -> None:
    assert settings.is_nothing


@pytest.mark.parametrize(
    "settings",
    [
        OperationSettings(parameters={"debug": ParameterRule.parse("hidden")}),
        OperationSettings(request=RequestTrim.parse({"drop": ["/notes"]})),
        OperationSettings(response=ResponseTrim.parse({"keep": ["/id"]})),
        OperationSettings(validates_request="report"),
        OperationSettings(validates_response="enforce"),
    ],
)
def test_all_other_settings_shape_calls(settings: OperationSettings) -> None:
    assert not settings.is_nothing


def test_a_finding_points_at_the_entry_that_says_the_setting() -> None:
    settings = OperationSettings(entry=1, origins={("limit", ""): 2, ("limit", "maximum"): 3})
    assert settings.pointer_to("limit", "maximum") == ("allow", 3, "parameters", "limit", "maximum")
    assert settings.pointer_to("limit") == ("allow", 2, "parameters", "limit")
    assert settings.pointer_to("other") == ("allow", 1, "parameters", "other")
