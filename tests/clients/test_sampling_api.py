from typing import Any

import pytest
from starlette.testclient import TestClient

from clients.sampling_api import SamplingApi

PROBLEM = {"content": {"application/problem+json": {"schema": {"type": "object"}}}}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "paths": {
        "/pets": {
            "post": {"operationId": "add", "responses": {"201": {"content": {"application/json": {"schema": {"const": 5}}}}}}
        },
        "/pets/{id}": {
            "get": {"operationId": "get", "responses": {"default": {"content": {"*/*": {}}}, "404": PROBLEM}},
            "delete": {"operationId": "delete", "responses": {"204": {}}},
        },
        "/pets/mine": {
            "get": {
                "operationId": "mine",
                "responses": {
                    "2XX": {"headers": {"X-A": {"required": True, "schema": {"const": "b"}}, "X-B": {"schema": {}}}}
                },
            }
        },
        "/upgrade": {"get": {"operationId": "upgrade", "responses": {"101": {}, "400": {}}}},
        "/never": {
            "get": {"operationId": "never", "responses": {"200": {"content": {"application/json": {"schema": False}}}}}
        },
    },
}  # fmt: skip


@pytest.fixture
def client() -> TestClient:
    return TestClient(SamplingApi(DOCUMENT))


def test_an_operation_answers_with_a_sample_of_its_success(client: TestClient) -> None:
    added = client.post("/pets")
    assert (added.status_code, added.headers["content-type"], added.json()) == (201, "application/json", 5)
    pet = client.get("/pets/1")
    assert (pet.status_code, pet.headers["content-type"], pet.text) == (200, "text/plain", "x")


def test_a_path_without_parameters_comes_first_and_has_the_fields_that_it_must_have(client: TestClient) -> None:
    answer = client.get("/pets/mine")
    assert (answer.status_code, answer.text, answer.headers.get("x-a"), "x-b" in answer.headers) == (
        200,
        "",
        "b",
        False,
    )


def test_a_deleted_path_is_missing_until_something_is_added(client: TestClient) -> None:
    assert client.delete("/pets/1").status_code == 204
    gone = client.get("/pets/1")
    assert (gone.status_code, gone.json()["code"]) == (404, "gone")
    assert client.get("/pets/2").status_code == 200
    client.post("/pets")
    assert client.get("/pets/1").status_code == 200


def test_an_unknown_operation_is_not_found(client: TestClient) -> None:
    assert client.put("/pets/1").status_code == 404


def test_operations_without_a_success_or_its_sample_are_reported() -> None:
    assert SamplingApi(DOCUMENT).without_answer == ["upgrade", "never"]
