import asyncio
from types import SimpleNamespace

import httpx2
import pytest

from plugin_gateway.app import create_app
from plugin_gateway.publish.face import build_face


def revision(path):
    return SimpleNamespace(faces={path: build_face("application/json", b"{}")}, cors_origins=(), rules=())


HOLDER = SimpleNamespace(revision=revision("/openapi.json"))


async def forwarded(scope, receive, send):
    await send({"type": "http.response.start", "status": 299, "headers": []})
    await send({"type": "http.response.body", "body": b"forwarded"})


def ask(method, target, holder=HOLDER, **options):
    async def call():
        transport = httpx2.ASGITransport(create_app(holder, **options))
        async with httpx2.AsyncClient(transport=transport, base_url="http://gateway") as client:
            return await client.request(method, target)

    return asyncio.run(call())


def test_faces_and_preflights_are_answered_here():
    assert ask("GET", "/openapi.json?x=1", forward=forwarded).status_code == 200
    assert ask("OPTIONS", "/anything", forward=forwarded).status_code == 204


@pytest.mark.parametrize(
    "path", ["/", "/pets/1", "/openapi%2Ejson", "/openapi.json/", "/OPENAPI.json", "//openapi.json"]
)
def test_everything_else_is_forwarded(path):
    assert ask("GET", path, forward=forwarded).status_code == 299


def test_with_nothing_to_forward_to_everything_else_is_the_one_404():
    response = ask("GET", "/pets/1")
    assert response.status_code == 404
    assert response.json()["code"] == "operation-not-found"


def test_a_swap_is_seen_by_the_next_request():
    holder = SimpleNamespace(revision=revision("/openapi.json"))
    assert ask("GET", "/logo.png", holder).status_code == 404
    holder.revision = revision("/logo.png")
    assert ask("GET", "/logo.png", holder).status_code == 200


def test_other_scopes_are_passed_through():
    seen = []

    async def forward(scope, receive, send):
        seen.append(scope["type"])

    asyncio.run(create_app(HOLDER, forward=forward)({"type": "websocket"}, None, None))
    assert seen == ["websocket"]
