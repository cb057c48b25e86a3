"""The example API does what its document says, and never more than it can."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import given
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance
from starlette.testclient import TestClient

from examples.legacy_api.app import create_app
from examples.legacy_api.contract import DOCUMENT, read_document, read_operations
from examples.legacy_api.replies import HANDLERS
from tests.narrow import as_a

KEY = "key-of-the-test"
SCHEMA = schemathesis.openapi.from_path(DOCUMENT)
SCHEMA.app = create_app(KEY)
OPERATIONS = {
    operation.label: operation for operation in (as_a(Ok, result).ok() for result in SCHEMA.get_all_operations())
}

# An operation without input has no wrong input.
SATISFIABLE = [
    (label, mode)
    for label in OPERATIONS
    for mode in GenerationMode
    if (label, mode) != ("GET /ping", GenerationMode.NEGATIVE)
]


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(
        create_app(KEY), base_url="http://api.test/api/v2", headers={"X-Api-Key": KEY}, raise_server_exceptions=False
    ) as test_client:
        yield test_client


def test_every_operation_of_the_document_has_a_handler_and_no_handler_is_undocumented() -> None:
    documented = {operation.key for operation in read_operations(read_document())}

    assert documented == set(HANDLERS)
    assert len(documented) >= 40


@given(st.one_of([OPERATIONS[label].as_strategy(generation_mode=mode) for label, mode in SATISFIABLE]))
def test_every_answer_is_documented_and_none_is_a_server_error(case: Any) -> None:
    response = case.call(headers={"X-Api-Key": KEY})
    case.validate_response(response, checks=[not_a_server_error, status_code_conformance, response_schema_conformance])


@pytest.mark.parametrize(
    "sent", [{}, {"X-Api-Key": ""}, {"X-Api-Key": KEY.upper()}, {"Authorization": f"Bearer {KEY}"}]
)
def test_a_call_without_the_key_is_refused(sent: dict[str, str]) -> None:
    client = TestClient(create_app(KEY), headers=sent)

    response = client.get("/api/v2/orders")

    assert response.status_code == 401
    assert response.headers["content-type"] == "application/problem+json"
    assert KEY not in response.text


def test_the_ping_needs_no_key() -> None:
    assert TestClient(create_app(KEY)).get("/api/v2/ping").json() == {"status": "ok"}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/orders/export", 200),
        ("GET", "/orders/exports", 400),
        ("GET", "/orders/7", 200),
        ("GET", "/orders/7%0A", 400),
        ("GET", "/orders/%D9%A7", 400),
        ("GET", "/orders/99999999999999999999999999", 400),
        ("GET", "/orders/2147483647", 404),
        (
            "GET",
            "/orders/7%2Flines",
            200,
        ),  # like many an upstream it decodes before it routes: the gateway must not pass this
        ("GET", "/invoices/INV-000006", 200),
        ("GET", "/invoices/INV-000006.pdf", 200),
        ("GET", "/invoices/INV-000006.txt", 400),
        ("GET", "/customers/search?q=%ff%00", 200),
        ("GET", "/orders?page=null", 400),
        ("GET", "/orders?page=1&page=2", 400),
        ("GET", "/orders?status=open,picked", 200),
        ("GET", "/orders?status=", 400),
        ("GET", "/products?category=ink&category=paper", 200),
        ("GET", "/admin", 404),
        ("DELETE", "/ping", 405),
    ],
)
def test_odd_targets_get_the_answer_they_should(client: TestClient, method: str, path: str, status: int) -> None:
    response = client.request(method, path)

    assert response.status_code == status
    if status >= 400:
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json()["status"] == status


@pytest.mark.parametrize(
    ("content", "media_type", "status"),
    [
        (b'{"name": "A", "tier": "gold", "country": "DE"}', "application/json", 201),
        (b'{"name": "A", "tier": "gold", "country": "DE"}', "application/json; charset=utf-8", 201),
        (b'{"name": "A", "tier": "gold", "country": "DE"}', "text/plain", 415),
        (b'{"name": "\\ud800", "tier": "gold", "country": "DE"}', "application/json", 400),
        (b'{"name": NaN, "tier": "gold", "country": "DE"}', "application/json", 400),
        (b'{"name": null, "tier": "gold", "country": "DE"}', "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"", "application/json", 400),
        (b"null", "application/json", 400),
        (b'{"name": "\\u0000", "tier": "gold", "country": "DE", "email": null}', "application/json", 201),
    ],
)
def test_odd_bodies_get_the_answer_they_should(
    client: TestClient, content: bytes, media_type: str, status: int
) -> None:
    response = client.post("/customers", content=content, headers={"Content-Type": media_type})

    assert response.status_code == status


def test_a_created_order_is_found_at_its_location(client: TestClient) -> None:
    created = client.post(
        "/orders",
        json={"customerId": 3, "lines": [{"sku": "PA-1000", "quantity": 2}, {"sku": "IN-1001", "quantity": 1}]},
    )

    assert created.headers["location"].startswith("http://api.test/api/v2/orders/")
    assert client.get(created.headers["location"]).json() == created.json()
    assert created.json()["data"]["total"] == 2 * 4.5 + 21.75


def test_a_cancelled_order_cannot_be_cancelled_again(client: TestClient) -> None:
    order_id = client.get("/orders?status=open").json()["data"][0]["orderId"]

    assert client.post(f"/orders/{order_id}/cancel").json()["data"]["status"] == "cancelled"
    assert client.post(f"/orders/{order_id}/cancel").status_code == 409


def test_pages_cut_one_list(client: TestClient) -> None:
    whole = client.get("/orders?pageSize=100").json()["data"]
    pages = [client.get(f"/orders?pageSize=25&page={page}").json()["data"] for page in (1, 2, 3, 4)]

    assert [order for page in pages for order in page] == whole
    assert client.get("/orders?pageSize=1").headers["x-total-count"] == str(len(whole))


def test_a_picture_is_stored_and_one_too_large_is_not(client: TestClient) -> None:
    small = client.post(
        "/products/PA-1000/image", files={"image": ("a.png", b"\x89PNG\r\n\x00\xff")}, data={"caption": "é"}
    )
    large = client.post("/products/PA-1000/image", files={"image": ("a.png", b"\x00" * 1_000_001)})

    assert (small.status_code, small.json()["data"]) == (201, {"sku": "PA-1000", "imageBytes": 8, "caption": "é"})
    assert large.status_code == 413


def test_the_document_is_served_without_a_key() -> None:
    response = TestClient(create_app(KEY)).get("/api/v2/swagger.yaml")

    assert response.content == DOCUMENT.read_bytes()
