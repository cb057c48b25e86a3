from typing import Any

import pytest

from plugin_gateway.config.injected import injected_headers
from plugin_gateway.config.reader import MistakesError
from plugin_gateway.config.upstream import Upstream

KEY = {"env": "KEY"}


@pytest.mark.parametrize(
    "written",
    [
        [{"header": "A", "value": KEY}, {"header": "a", "value": KEY}],
        [{"bearer": KEY}, {"basic": {"username": "a", "password": KEY}}],
    ],
)
def test_two_credentials_do_not_go_to_the_same_place(written: list[Any]) -> None:
    with pytest.raises(MistakesError):
        Upstream.parse({"url": "http://h", "credential": written})


def test_two_spellings_of_one_header_go_to_the_same_place() -> None:
    written = [{"header": name, "value": KEY} for name in ("X-Api-Key", "X_API_KEY")]
    with pytest.raises(MistakesError, match="duplicate-key"):
        Upstream.parse({"url": "http://h", "credential": written})


@pytest.mark.parametrize(
    ("written", "headers"),
    [
        ({"header": "X_Key", "value": KEY}, {b"xkey"}),
        ({"query": "key", "value": KEY}, set()),
        ({"cookie": "key", "value": KEY}, set()),
        ({"bearer": KEY}, {b"authorization"}),
        ([{"header": 7, "value": KEY}, {"bearer": KEY}], {b"authorization"}),
        ([{"passthrough": True}, {"header": "A", "value": KEY}], {b"authorization", b"a"}),
        ([{"header": 7}, {"nothing": 1}, "text"], set()),
        (None, set()),
    ],
)
def test_the_headers_of_credentials_are_found_before_these_are_parsed(written: Any, headers: set[bytes]) -> None:
    assert injected_headers(written) == headers
