"""The gateway.yaml at the root fronts the example, minimally."""

from pathlib import Path

import pytest

from examples.legacy_api.contract import DOCUMENT, read_document, read_operations
from plugin_gateway.config.load import load

ROOT = Path(__file__).parents[2]
DOCUMENTED = read_document()
ALLOWED = {
    "GET /orders",
    "GET /orders/{orderId}",
    "GET /orders/{orderId}/lines",
    "POST /orders/{orderId}/cancel",
    "GET /customers/search",
    "GET /customers/{customerId}/orders",
    "GET /invoices/{number}.pdf",
    "GET /products",
    "GET /products/{sku}/stock",
}


@pytest.fixture(scope="module")
def config():
    return load(ROOT / "gateway.yaml", environ={"LEGACY_API_KEY": "key-of-the-test"}).config


def test_it_opens_nine_operations_that_exist(config):
    operations = {operation.key for operation in read_operations(DOCUMENTED)}
    by_id = {
        node["operationId"]: f"{method.upper()} {path}"
        for path, item in DOCUMENTED["paths"].items()
        for method, node in item.items()
        if method != "parameters" and "operationId" in node
    }

    opened = {by_id[selector.wanted_id] if selector.wanted_id else " ".join(selector.key) for selector in config.allow}

    assert opened == ALLOWED
    assert opened <= operations
    assert len(operations) > 40


def test_it_names_the_example_and_listens_on_loopback_only(config):
    assert str(config.upstream.url).endswith(":9100" + DOCUMENTED["basePath"])
    assert DOCUMENT.name in (ROOT / "gateway.yaml").read_text()
    assert config.listen.host == config.admin.host == "127.0.0.1"
