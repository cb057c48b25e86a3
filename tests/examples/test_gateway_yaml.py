"""The gateway.yaml at the root fronts the example, minimally."""

from pathlib import Path

import pytest

from examples.legacy_api.contract import DOCUMENT, read_document, read_operations
from plugin_gateway.config.load import LoadedConfig, load
from plugin_gateway.config.model import Config
from plugin_gateway.gate.permit import Permit
from plugin_gateway.openapi.document import Document
from plugin_gateway.refusal import Refusal
from plugin_gateway.revision.compile import compile_revision
from plugin_gateway.revision.model import Revision
from tests.narrow import present

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


KEY = "key-of-the-test"


@pytest.fixture(scope="module")
def loaded() -> LoadedConfig:
    return load(ROOT / "gateway.yaml", environ={"LEGACY_API_KEY": KEY})


@pytest.fixture(scope="module")
def config(loaded: LoadedConfig) -> Config:
    return loaded.config


@pytest.fixture(scope="module")
def revision(loaded: LoadedConfig) -> Revision:
    return compile_revision(loaded, Document(root=DOCUMENTED, name=DOCUMENT.name), number=1)


def test_it_opens_nine_operations_that_exist(config: Config) -> None:
    operations = {operation.key for operation in read_operations(DOCUMENTED)}
    by_id = {
        node["operationId"]: f"{method.upper()} {path}"
        for path, item in DOCUMENTED["paths"].items()
        for method, node in item.items()
        if method != "parameters" and "operationId" in node
    }

    opened = {
        by_id[selector.wanted_id] if selector.wanted_id else " ".join(present(selector.key))
        for selector in config.allow
    }

    assert opened == ALLOWED
    assert opened <= operations
    assert len(operations) > 40


def test_it_names_the_example_and_listens_on_loopback_only(config: Config) -> None:
    assert str(config.upstream.url).endswith(":9100" + DOCUMENTED["basePath"])
    assert DOCUMENT.name in (ROOT / "gateway.yaml").read_text()
    assert config.listen.host == present(config.admin).host == "127.0.0.1"


def test_it_compiles_without_a_warning(revision: Revision) -> None:
    assert revision.warnings == ()
    assert {f"{rule.method} {rule.path_template}" for rule in revision.rules} == ALLOWED


def test_no_face_names_an_operation_that_is_not_allowed(revision: Revision) -> None:
    for path, face in revision.faces.items():
        for word in (b"admin", b"export", b"merge", b"x-internal", b"x-build", b"X-Api-Key", b"9100", KEY.encode()):
            assert word not in face.body, (path, word)


@pytest.mark.parametrize(
    "target", [b"/orders/export", b"/orders/EXPORT", b"/orders/7%2Flines", b"/invoices/INV-000006"]
)
def test_operations_beside_an_allowed_template_stay_closed(revision: Revision, target: bytes) -> None:
    assert isinstance(revision.gate.judge(b"GET", target), Refusal)


@pytest.mark.parametrize("target", [b"/orders/7", b"/orders?status=open,picked&page=2", b"/invoices/INV-000006.pdf"])
def test_allowed_calls_pass(revision: Revision, target: bytes) -> None:
    assert isinstance(revision.gate.judge(b"GET", target), Permit)
