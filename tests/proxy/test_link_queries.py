"""Links to any operation lose the parameters that it hides, and have the names that its clients use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from plugin_gateway.gate.gate import Gate
from plugin_gateway.gate.permit import OperationRule
from plugin_gateway.gate.routing import compile_routes
from plugin_gateway.openapi.document import OperationKey
from plugin_gateway.proxy.link_queries import link_queries_of
from plugin_gateway.proxy.relocation import OwnNames, Relocation
from plugin_gateway.revision import UpstreamSettings
from plugin_gateway.shape.request.names import Names
from plugin_gateway.shape.shape import Shape

if TYPE_CHECKING:
    from collections.abc import Mapping

ACCOUNT = ("query", "account")
TOKEN = ("query", "pageToken")
LIST = Shape(
    names=Names(
        closed=frozenset({ACCOUNT, TOKEN}),
        renamed=((TOKEN, "page_token"),),
        unseen_members=frozenset({"sort", "order"}),
    )
)


def gate_of(shapes: Mapping[str, Shape | None]) -> Gate:
    keys = [OperationKey(*text.split(" ")) for text in shapes]
    rules = {
        key: OperationRule(method=key.method, path_template=key.path, operation_id=str(key), shape=shape)
        for key, shape in zip(keys, shapes.values(), strict=True)
    }
    return Gate(routes=compile_routes(rules, dict.fromkeys(keys, ()), {}), rules=tuple(rules.values()))


GATE = gate_of({"GET /orders": LIST, "POST /orders": None, "GET /orders/{id}": None, "POST /jobs": LIST})


@pytest.mark.parametrize(
    ("reference", "pointed"),
    [
        (b"/v1/orders?account=4711&page=2", b"https://gw.test/p/orders?page=2"),
        (b"https://api.test/v1/orders?Acc%6Funt=4711", b"https://gw.test/p/orders"),
        (b"/v1/orders?pageToken=a", b"https://gw.test/p/orders?page_token=a"),
        # No GET of this path is offered.
        (b"/v1/jobs?account=4711", b"https://gw.test/p/jobs"),
        # The operation that answers does not hide this parameter.
        (b"?account=1", b"?account=1"),
        (b"/v1/orders/8?account=1", b"https://gw.test/p/orders/8?account=1"),
        # The gateway cannot tell where these lead.
        (b"/v1/elsewhere?account=4711&a=1", b"https://gw.test/p/elsewhere?a=1"),
        (b"/v1/orders/?account=4711", b"https://gw.test/p/orders/"),
        (b"../orders?account=4711", b"../orders"),
        (b"https://other.test/orders?account=1", b"https://other.test/orders?account=1"),
        # The API has the public URL in its own settings.
        (b"https://gw.test/p/orders?account=1&page=2", b"https://gw.test/p/orders?page=2"),
        (b"https://gw.test/elsewhere?account=1", b"https://gw.test/elsewhere?account=1"),
        # The members of a hidden object are separate pairs.
        (b"/v1/orders?sort=a&order=b&page=2", b"https://gw.test/p/orders?page=2"),
    ],
)
def test_a_link_to_another_operation_loses_what_that_operation_hides(reference: bytes, pointed: bytes) -> None:
    upstream = UpstreamSettings(host="api.test", port=443, authority=b"api.test", prefix=b"/v1")
    own = OwnNames("/orders/{id}", ())
    assert (
        Relocation(upstream, "https://gw.test/p", (), own, link_queries_of(GATE.rules, GATE)).point(reference)
        == pointed
    )


def test_links_cost_nothing_where_no_operation_has_a_shape() -> None:
    gate = gate_of({"GET /orders": None, "GET /jobs": Shape()})
    assert link_queries_of(gate.rules, gate) is None
