from typing import Any

import pytest

from plugin_gateway.proxy.place import place
from plugin_gateway.revision import UpstreamTarget


@pytest.mark.parametrize(
    ("target", "address", "shown"),
    [
        (UpstreamTarget(host="api", port=443, authority=b"api"), (), "api:443"),
        (UpstreamTarget(host="api", port=443, authority=b"api"), ("::1", 8), "[::1]:8"),
        (UpstreamTarget(host="api", port=443, authority=b"api", socket="/run/api"), (), "/run/api"),
    ],
)
def test_a_place_is_written_as_an_operator_would(target: Any, address: tuple[int | str, ...], shown: str) -> None:
    assert place(target, *address) == shown
