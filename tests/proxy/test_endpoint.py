"""Endpoints: a path of the gateway's own that a front hands over whole, with its own limit of bodies."""

from __future__ import annotations

import pytest

from plugin_gateway.proxy.call import Client
from plugin_gateway.proxy.endpoint import Endpoint, Post
from plugin_gateway.proxy.forward import RequestHead
from plugin_gateway.proxy.received import FieldBlock
from plugin_gateway.proxy.wire import read_request_fields
from tests.proxy.real import serving_of


def test_an_endpoint_says_how_large_a_body_may_be_and_must_say_how_it_reads_a_head_and_begins() -> None:
    endpoint = Endpoint(7)
    block = FieldBlock(read_request_fields(b"Host: a\r\n", 1))

    assert endpoint.body_bytes == 7
    with pytest.raises(NotImplementedError):
        endpoint.read(RequestHead(b"POST", b"/", block))
    with pytest.raises(NotImplementedError):
        Post(block.request, 7).begin(serving_of(), Client(), b"", True)
