from typing import Any

import pytest

from plugin_gateway.config.public import Public
from plugin_gateway.config.reader import MistakesError


def test_an_unquoted_version_is_read_as_text() -> None:
    assert Public.parse({"openapi_version": 3.0}).openapi_version == "3.0"


@pytest.mark.parametrize("url", [None, "https://h", "https://h/"])
def test_a_path_can_be_removed_only_from_a_url_that_has_one(url: str | None) -> None:
    written: dict[str, Any] = {"path_stripped": True} | ({"url": url} if url else {})

    with pytest.raises(MistakesError) as caught:
        Public.parse(written)

    [(_, mistake)] = caught.value.found
    assert (mistake.at, mistake.rule) == (("path_stripped",), "goes-together")
    assert Public.parse(written | {"url": "https://h/plugin"}).path_stripped


@pytest.mark.parametrize(("written", "value"), [("off", False), (False, False), ("on", True), (True, True)])
def test_the_page_is_turned_off_by_a_word_or_a_flag(written: Any, value: bool) -> None:
    assert Public.parse({"page": written}).page is value
