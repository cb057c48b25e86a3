import pytest

from plugin_gateway.console.guide import Guide, url_snippet
from plugin_gateway.diagnostics import Finding
from plugin_gateway.export.platforms.rule import Platform

MISSING = Finding(rule="tool-description", message="m")
UNREACHABLE = Finding(rule="public-url", message="m")


def guide(*platforms: Platform, runs_here: bool = False) -> Guide:
    url = url_snippet("URL", "https://shop.example.com/mcp")
    return Guide(client="c", title="C", steps=(), snippets=(url,), platforms=platforms, runs_here=runs_here)


def test_a_guide_shows_the_findings_of_its_platforms_once() -> None:
    found = {Platform.LANGCHAIN: [MISSING], Platform.ADK: [MISSING], Platform.M365: [UNREACHABLE]}
    members = guide(Platform.LANGCHAIN, Platform.ADK).members(found)

    assert [one["rule"] for one in members["findings"]] == ["tool-description"]


@pytest.mark.parametrize("runs_here", [True, False])
def test_a_client_on_this_machine_is_not_judged_as_one_in_the_cloud(runs_here: bool) -> None:
    members = guide(Platform.CLAUDE, runs_here=runs_here).members({Platform.CLAUDE: [MISSING, UNREACHABLE]})

    shown = {one["rule"] for one in members["findings"]}
    assert shown == ({"tool-description"} if runs_here else {"tool-description", "public-url"})


def test_a_url_is_copied_and_can_be_opened() -> None:
    [snippet] = guide().members({})["snippets"]

    assert snippet["text"] == snippet["url"] == "https://shop.example.com/mcp"
