"""What Microsoft 365 Copilot demands."""

from typing import Any

import pytest
from msgspec.structs import replace

from tests.export.platforms.test_server import FRAMEWORKS, TOKENS
from tests.shop import broken, shop


@pytest.mark.parametrize(
    ("plugin", "found"),
    [
        ({"m365": {"namespace": "Shop2"}}, {}),
        ({"m365": None}, {"m365-namespace": "warning"}),
        ({"m365": {"namespace": "my-shop"}}, {"m365-namespace": "error"}),
        ({"privacy": None}, {"m365-privacy": "warning", "openai-links": "error"}),
    ],
)
def test_a_key_that_copilot_needs_breaks_its_rule(plugin: dict[str, Any], found: dict[str, str]) -> None:
    assert broken(shop({"plugin": plugin})) == found


@pytest.mark.parametrize(
    ("key", "length", "found"),
    [
        ("description_for_model", 2048, {"chatgpt-instructions": "note"}),
        ("description_for_model", 2049, {"chatgpt-instructions": "note", "m365-texts": "warning"}),
        ("name_for_human", 21, {"m365-texts": "warning"}),
        ("description_for_human", 101, {"m365-texts": "warning"}),
    ],
)
def test_a_text_that_copilot_cuts_is_reported(key: str, length: int, found: dict[str, str]) -> None:
    candidate = shop()
    assert broken(replace(candidate, manifest={**candidate.manifest, key: "x" * length})) == found


def test_a_credential_needs_a_reference() -> None:
    found = {"mcp-login": "error", "m365-login": "error", **FRAMEWORKS}
    assert broken(shop({"auth": TOKENS})) == found
    with_reference = {"m365": {"namespace": "Shop", "reference_id": "abc"}}
    assert "m365-login" not in broken(shop({"auth": TOKENS, "plugin": with_reference}))
