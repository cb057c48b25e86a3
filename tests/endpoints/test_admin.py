import asyncio
from collections.abc import Callable
from typing import Any

import httpx2
import orjson
from msgspec.structs import replace

from plugin_gateway.endpoints.admin import Health, create_admin, create_metrics
from plugin_gateway.revision.agreed import Drifted
from plugin_gateway.telemetry.series import Series, SeriesKey

READY = Health(is_ready=True, revision=3, digest="abc", operations=8, operations_total=47, workers=2, workers_wanted=2)


async def no_series() -> Series:
    return {}


def get(path: str, health: Health = READY, series: Callable[..., Any] = no_series, method: str = "GET") -> Any:
    async def ask() -> Any:
        transport = httpx2.ASGITransport(create_admin(lambda: health, series))
        async with httpx2.AsyncClient(transport=transport, base_url="http://admin") as client:
            return await client.request(method, path)

    return asyncio.run(ask())


def test_livez_answers_ok() -> None:
    assert get("/livez").text == "ok\n"


def test_each_answer_has_a_different_request_id() -> None:
    ids = [get(path).headers["x-request-id"] for path in ("/livez", "/readyz", "/metrics", "/nowhere", "/livez")]
    assert all(ids)
    assert len({*ids}) == len(ids)


def test_ready_says_which_revision_is_served() -> None:
    response = get("/readyz")
    assert response.status_code == 200
    assert orjson.loads(response.content) == {
        "ready": True,
        "revision": 3,
        "digest": "abc",
        "operations": 8,
        "operations_total": 47,
        "workers": 2,
        "workers_wanted": 2,
        "reload_error": None,
        "awaited": None,
        "held": [],
        "stale": None,
        "drift": [],
    }


def test_a_failed_reload_is_on_readyz_and_leaves_the_replica_ready() -> None:
    response = get("/readyz", replace(READY, reload_error="gateway.yaml:3:5: …"))
    assert response.status_code == 200
    assert response.json()["reload_error"] == "gateway.yaml:3:5: …"


def test_drifted_operations_are_named_with_their_outcome() -> None:
    drifted = replace(READY, drifted=(Drifted("GET /orders", "quarantined", ("texts",)),))
    response = get("/readyz", drifted)
    assert response.status_code == 200
    assert response.json()["drift"] == [{"operation": "GET /orders", "outcome": "quarantined", "changed": ["texts"]}]


def test_operations_that_the_document_added_to_groups_are_named() -> None:
    held = Health(
        is_ready=True, revision=4, digest="abc", operations=8, operations_total=48, workers=2, workers_wanted=2,
        held=("DELETE /orders/all",),
    )  # fmt: skip
    response = get("/readyz", held)
    assert (response.status_code, response.json()["held"]) == (200, ["DELETE /orders/all"])


def test_while_the_document_is_awaited_the_gateway_is_alive_and_not_ready_and_says_why() -> None:
    waiting = Health(
        is_ready=False, revision=0, digest="", operations=0, operations_total=0, workers=0, workers_wanted=2,
        awaited="http://api/openapi.json: no connection",
    )  # fmt: skip
    response = get("/readyz", waiting)
    assert (response.status_code, response.json()["awaited"]) == (503, "http://api/openapi.json: no connection")
    assert get("/healthz", waiting).status_code == 200


def test_without_a_listening_worker_it_is_not_ready() -> None:
    down = Health(is_ready=False, revision=0, digest="", operations=0, operations_total=0, workers=0, workers_wanted=2)
    assert get("/readyz", down).status_code == 503


def test_metrics_add_up_the_counts_of_all_workers() -> None:
    async def series() -> Series:
        return {SeriesKey("calls", ("getPet", "200", "", "GET", "")): [5], SeriesKey("bytes_in"): [0]}

    line = 'plugin_gateway_calls_total{consumer="",method="GET",operation="getPet",reason="",status="200"} 5.0'
    assert line in get("/metrics", series=series).text


def test_an_unknown_path_gets_404() -> None:
    assert (get("/").status_code, get("/").json()["code"]) == (404, "unknown-path")


def test_another_method_gets_405_with_the_allowed_methods() -> None:
    response = get("/readyz", method="POST")
    assert (response.status_code, response.json()["code"]) == (405, "method-not-allowed")
    assert response.headers["allow"] == "GET, HEAD"


def test_no_answer_may_be_cached() -> None:
    assert {get(path).headers["cache-control"] for path in ("/livez", "/readyz", "/metrics")} == {"no-store"}


def test_a_listener_for_metrics_has_nothing_else() -> None:
    async def ask() -> list[int]:
        transport = httpx2.ASGITransport(create_metrics(lambda: READY, no_series))
        async with httpx2.AsyncClient(transport=transport, base_url="http://metrics") as client:
            return [(await client.get(path)).status_code for path in ("/metrics", "/readyz", "/livez")]

    assert asyncio.run(ask()) == [200, 404, 404]
