import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from plugin_gateway.app import LocalApp, embed
from plugin_gateway.callers.model import Callers
from plugin_gateway.errors import ConfigError
from plugin_gateway.publish.face import build_face
from tests.narrow import stand_in

DOCUMENT = (
    'openapi: 3.1.0\ninfo: {title: Pets, version: "1"}\npaths: {/pets: {get: {operationId: listPets, responses: {}}}}\n'
)
CONFIG = "openapi: ./openapi.yaml\nupstream: {url: http://127.0.0.1:9}\nallow: [listPets]\n"


def holder(path: str) -> Any:
    revision = SimpleNamespace(
        faces={path: build_face("application/json", b"{}")},
        page=None,
        mcp=None,
        cors_origins=(),
        rules=(),
        callers=Callers(),
    )
    return SimpleNamespace(serving=SimpleNamespace(revision=revision, door=None), closed=0)


HOLDER = holder("/openapi.json")


def ask(app: Any, method: str, target: str) -> Any:
    async def call() -> Any:
        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://gateway") as client:
            return await client.request(method, target)

    return asyncio.run(call())


def test_faces_and_preflights_are_answered_here() -> None:
    assert ask(LocalApp(HOLDER), "GET", "/openapi.json?x=1").status_code == 200
    assert ask(LocalApp(HOLDER), "OPTIONS", "/anything").status_code == 204


@pytest.mark.parametrize(
    "path", ["/", "/pets/1", "/openapi%2Ejson", "/openapi.json/", "/OPENAPI.json", "//openapi.json"]
)
def test_every_other_path_gets_the_same_404(path: str) -> None:
    response = ask(LocalApp(HOLDER), "GET", path)
    assert response.status_code == 404
    assert response.json()["code"] == "operation-not-found"


def test_a_swap_is_seen_by_the_next_request() -> None:
    swapped = holder("/openapi.json")
    app = LocalApp(swapped)
    assert ask(app, "GET", "/logo.png").status_code == 404
    swapped.serving = holder("/logo.png").serving
    assert ask(app, "GET", "/logo.png").status_code == 200


def drive(app: Any, scope: dict[str, Any], *messages: dict[str, str]) -> list[str]:
    sent = []
    waiting = list(messages)

    async def receive() -> dict[str, str]:
        if not waiting:
            await asyncio.Event().wait()
        return waiting.pop(0)

    async def send(message: dict[str, Any]) -> None:
        sent.append(message["type"])

    asyncio.run(app(scope, receive, send))
    return sent


def test_websockets_are_refused() -> None:
    assert drive(LocalApp(HOLDER), {"type": "websocket"}) == ["websocket.close"]


def test_upstream_connections_are_closed_with_the_app() -> None:
    closed = []
    living = SimpleNamespace(close=lambda: closed.append(True))
    said = drive(
        LocalApp(stand_in(living)), {"type": "lifespan"}, {"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}
    )
    assert said == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert closed == [True]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "openapi.yaml").write_text(DOCUMENT)
    (tmp_path / "gateway.yaml").write_text(CONFIG)
    return tmp_path / "gateway.yaml"


def test_an_embedded_gateway_serves_refuses_and_forwards(config: Path) -> None:
    records: list[Any] = []
    app = embed(config, on_record=records.append)
    assert ask(app, "GET", "/openapi.json").json()["paths"].keys() == {"/pets"}
    assert ask(embed(config), "GET", "/admin").status_code == 404
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/pets",
        "raw_path": b"/pets",
        "query_string": b"",
        "headers": [(b"host", b"gateway")],
        "client": ("192.0.2.1", 1),
    }
    assert drive(app, scope, {"type": "http.request"})[0] == "http.response.start"
    assert [(record.target, record.reason) for record in records] == [
        (b"/openapi.json", ""),
        (b"/pets", "upstream-unreachable"),
    ]


def test_an_embedded_gateway_is_as_strict_about_its_config(config: Path) -> None:
    config.write_text(CONFIG.replace("listPets", "nope"))
    with pytest.raises(ConfigError):
        embed(config)


def test_an_embedded_gateway_below_a_path_of_another_app_serves_there(config: Path) -> None:
    config.write_text(f"{CONFIG}public: {{url: 'http://localhost:8080/plugin'}}\n")
    outer = Starlette(routes=[Mount("/plugin", embed(config)), Mount("/.well-known", embed(config))])

    document = ask(outer, "GET", "/plugin/openapi.json")
    assert document.json()["servers"] == [{"url": "http://localhost:8080/plugin"}]
    assert ask(outer, "GET", "/.well-known/ai-plugin.json").json()["api"]["url"].endswith("/plugin/openapi.json")
    assert ask(outer, "GET", "/plugin/admin").json()["code"] == "operation-not-found"
    assert ask(outer, "GET", "/openapi.json").text == "Not Found", "the other app answers"


HTML = {"Accept": "text/html,*/*;q=0.8"}


def ask_gateway(folder: Path, config: str, method: str = "GET", target: str = "/", **fields: str) -> Any:
    (folder / "openapi.yaml").write_text(DOCUMENT)
    (folder / "gateway.yaml").write_text(config)
    app = embed(folder / "gateway.yaml")

    async def call() -> Any:
        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://gateway") as client:
            return await client.request(method, target, headers=fields)

    return asyncio.run(call())


def test_a_browser_gets_a_page_that_runs_no_script_and_cannot_be_framed(tmp_path: Path) -> None:
    response = ask_gateway(tmp_path, CONFIG, **HTML)
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "sandbox" not in policy
    assert "Accept" in response.headers["vary"]
    assert "/pets" not in response.text
    again = ask_gateway(tmp_path, CONFIG, **HTML, **{"If-None-Match": response.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("config", "method", "target", "fields"),
    [
        (CONFIG, "GET", "/", {}),
        (CONFIG, "GET", "/", {"Accept": "application/json"}),
        (CONFIG, "POST", "/", HTML),
        (CONFIG, "GET", "/%2F", HTML),
        (CONFIG, "GET", "/index.html", HTML),
        (CONFIG + "public: {page: false}\n", "GET", "/", HTML),
    ],
)
def test_programs_and_gateways_without_the_page_get_the_answer_of_an_unknown_path(
    tmp_path: Path, config: str, method: str, target: str, fields: dict[str, str]
) -> None:
    assert ask_gateway(tmp_path, config, method, target, **fields).status_code in (400, 404)


def test_people_get_the_page_without_a_credential_and_programs_are_asked_for_one(tmp_path: Path) -> None:
    config = CONFIG + "auth: {type: service_http, tokens: [{name: chatgpt, env: TOKEN}]}\n"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOKEN", "t" * 32)
        assert ask_gateway(tmp_path, config, **HTML).status_code == 200
        assert ask_gateway(tmp_path, config).status_code == 401


def test_below_a_path_of_the_domain_the_page_is_there_and_not_at_the_root(tmp_path: Path) -> None:
    config = CONFIG + "public: {url: http://localhost:8080/plugin}\n"
    below = ask_gateway(tmp_path, config, target="/plugin/", **HTML)
    assert below.status_code == 200
    assert "http://localhost:8080/plugin/mcp" in below.text
    assert ask_gateway(tmp_path, config, **HTML).status_code == 404
