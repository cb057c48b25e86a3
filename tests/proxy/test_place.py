from typing import Any

import pytest

from plugin_gateway.proxy.place import place
from plugin_gateway.revision import UpstreamSettings


@pytest.mark.parametrize(
    ("upstream", "address", "shown"),
    [
        (UpstreamSettings(host="api", port=443, authority=b"api"), (), "api:443"),
        (UpstreamSettings(host="api", port=443, authority=b"api"), ("::1", 8), "[::1]:8"),
        (UpstreamSettings(host="api", port=443, authority=b"api", socket="/run/api"), (), "/run/api"),
    ],
)
def test_a_place_is_written_as_an_operator_would(upstream: Any, address: tuple[Any, ...], shown: str) -> None:
    assert place(upstream, *address) == shown
