from typing import Any

import pytest

from plugin_gateway.config.model import Config

MINIMAL = {"openapi": "openapi.json", "upstream": {"url": "https://h"}, "allow": ["a", "b"]}


@pytest.mark.parametrize(
    ("mcp", "mode"),
    [
        (None, "tools"),
        ({}, "tools"),
        (True, "tools"),
        ({"mode": "search"}, "search"),
        ({"mode": "off"}, "off"),
        ({"mode": False}, "off"),
        (False, "off"),
    ],
)
def test_the_mcp_endpoint_is_on_unless_it_is_turned_off(mcp: bool | dict[str, Any] | None, mode: str) -> None:
    config = Config.parse(MINIMAL if mcp is None else MINIMAL | {"mcp": mcp})
    assert (config.mcp.mode, config.mcp.is_on, config.mcp.path) == (mode, mode != "off", "/mcp")
