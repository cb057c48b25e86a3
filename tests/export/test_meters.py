from plugin_gateway.export.meters import Meter, meters_of
from plugin_gateway.export.platforms.rule import Platform
from tests.shop import shop


def test_a_meter_measures_what_the_rule_of_its_limit_judges() -> None:
    candidate = shop()
    meters = meters_of(candidate)

    assert meters[Platform.PLUGIN_V1] == (Meter("operations", 3, 30),)
    assert meters[Platform.LANGCHAIN] == (Meter("bytes of the document", len(candidate.documents[""]), 100_000),)
    assert meters[Platform.CHATGPT][0].value == sum(tool.tokens for tool in candidate.tools)
    assert meters[Platform.M365] == ()


def test_in_search_mode_no_tool_is_listed() -> None:
    assert meters_of(shop({"mcp": {"mode": "search"}}))[Platform.CHATGPT][0].value == 0
