"""Endpoints: a path of the gateway's own that a front hands over whole, with its own limit of bodies."""

from __future__ import annotations

import pytest

from plugin_gateway.proxy.call import Client
from plugin_gateway.proxy.endpoint import Endpoint
from plugin_gateway.proxy.received import FieldBlock
from plugin_gateway.proxy.wire import read_request_fields
from tests.proxy.real import serving_of


def test_an_endpoint_says_how_large_a_body_may_be_and_must_say_how_it_begins() -> None:
    endpoint = Endpoint(7)

    assert endpoint.body_bytes == 7
    block = FieldBlock(read_request_fields(b"Host: a\r\n", 1))
    with pytest.raises(NotImplementedError):
        endpoint.begin(serving_of(), Client(), b"POST", b"/", block, b"", is_whole=True)
