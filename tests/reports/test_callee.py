import pytest

from plugin_gateway.errors import UsageError
from plugin_gateway.reports.callee import find_tool, view_of
from tests.shop import built

BUILT = built()


@pytest.mark.parametrize("wanted", ["list_orders", "GET /orders", "get /orders"])
def test_a_tool_is_found_by_its_name_and_by_its_method_and_path(wanted: str) -> None:
    gate, tools, access = view_of(BUILT.revision, "")

    assert find_tool(wanted, tools, BUILT.document, "").name == "list_orders"
    assert gate is BUILT.revision.gate
    assert access.consumer == ""


def test_an_unknown_name_gets_the_nearest_one() -> None:
    with pytest.raises(UsageError, match="did you mean `list_orders`"):
        find_tool("list_order", BUILT.revision.tools, BUILT.document, "")


def test_the_error_for_an_unknown_consumer_says_that_there_are_none() -> None:
    with pytest.raises(UsageError, match="there is no consumer `ann`; the config has none"):
        view_of(BUILT.revision, "ann")
