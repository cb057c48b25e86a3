"""The MCP settings of a revision."""

import pytest

from tests.pets import compiled


def test_the_endpoint_is_on_by_default_and_introduces_itself_by_the_manifest() -> None:
    settings = compiled(more="public: {url: 'https://gw.example'}").mcp

    assert settings is not None
    assert (settings.path, settings.mode, settings.result_bytes) == ("/mcp", "tools", 100_000)
    assert (settings.name, settings.title, settings.version, settings.instructions) == (
        "Pets",
        "Pets",
        "1.0.0",
        "About pets.",
    )
    assert settings.origins == {"https://gw.example"}
    assert settings.hosts == {"gw.example"}


def test_the_endpoint_can_be_turned_off() -> None:
    assert compiled(more="mcp: false").mcp is None


def test_hosts_and_origins_are_added_to_those_of_the_public_url() -> None:
    more = "public: {url: 'https://gw.example'}\ncors: ['https://chatgpt.com']\nmcp: {origins: ['https://a.example'], hosts: [inner]}"
    settings = compiled(more=more).mcp

    assert settings is not None
    assert settings.origins == {"https://gw.example", "https://chatgpt.com", "https://a.example"}
    assert settings.hosts == {"gw.example", "inner"}


@pytest.mark.parametrize("path", ["/mcp", "/agents/mcp"])
def test_an_operation_at_the_path_of_the_endpoint_is_reported(path: str) -> None:
    found = compiled(more=f"mcp: {{path: {path}}}").mcp

    assert found is not None
    assert found.path == path
    hidden = compiled(more="mcp: {path: /pets}")
    assert "hidden-operation" in [finding.rule for finding in hidden.warnings]
