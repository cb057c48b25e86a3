"""Endpoints: a path of the gateway's own that a front hands over whole, with its own limit of bodies."""

from __future__ import annotations

import pytest

from plugin_gateway.proxy.endpoint import Endpoint


def test_an_endpoint_says_how_large_a_body_may_be_and_must_say_how_it_begins() -> None:
    endpoint = Endpoint(7)

    assert endpoint.body_bytes == 7
    with pytest.raises(NotImplementedError):
        endpoint.begin(None, None, b"POST", b"/", None, b"", is_whole=True)
