"""On the API's own domain, the proxies of deploy/examples/own-domain send the gateway's paths to it and leave the rest of the API as it was."""

from __future__ import annotations

import json
from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from plugin_gateway.publish.security import METADATA_PATH
from plugin_gateway.revision.build import build, load_config
from tests.deploy.proxies import DEPLOY, PROXIES, QuietHandler, listening, proxied, serving
from tests.narrow import present
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SOURCE = DEPLOY / "examples" / "own-domain"
CONFIG = SOURCE / "gateway.yaml"
API, GATEWAY = "127.0.0.1:9100", "127.0.0.1:8080"
KEY = "key-of-the-api-7f3a9c"
PROOFS = 'plugin: {openai_challenge: {value: challenge-1}, registry_auth: {value: "v=MCPv1; k=ed25519; p=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="}}\n'
LOGIN = """
auth:
  type: oauth
  issuer: https://login.example.com
  authorization_url: https://login.example.com/token
  client_url: https://login.example.com/authorize
"""


@contextmanager
def recording_api() -> Iterator[SimpleNamespace]:
    """An API that answers every call with its target, and lists the calls as (target, whether the gateway's key is there)."""
    api = SimpleNamespace(calls=[], port=0)

    class Handler(QuietHandler):
        def do_GET(self) -> None:  # noqa: N802  # the standard library's name
            # `self.path` has lost the second of two slashes at its beginning.
            api.calls.append((self.requestline.split(" ")[1], self.headers["X-Api-Key"] == KEY))
            body = json.dumps({"api": self.path}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Link", '</api/v2/orders?page=2>; rel="next"')
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with listening(Handler) as api.port:
        yield api


def config_for(folder: Path, api_port: int, more: str = "") -> Path:
    text = CONFIG.read_text().replace(API, f"127.0.0.1:{api_port}")
    text = text.replace("../../../examples", str(DEPLOY.parent / "examples"))
    (folder / "gateway.yaml").write_text(text + more)
    return folder / "gateway.yaml"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    with recording_api() as api:
        config = config_for(tmp_path_factory.mktemp("gateway"), api.port, PROOFS)
        port = free_port()
        with serving(config, port, {"LEGACY_API_KEY": KEY}):
            yield SimpleNamespace(api=api, moved={API: f"127.0.0.1:{api.port}", GATEWAY: f"127.0.0.1:{port}"})


OF_GATEWAY = [
    ("/plugin/orders?page=2", 200, "/api/v2/orders?page=2"),
    ("/plugin/orders/17", 200, "/api/v2/orders/17"),
    ("/plugin/openapi.json", 200, None),
    ("/plugin/.well-known/ai-plugin.json", 200, None),
    ("/.well-known/ai-plugin.json", 200, None),
    ("/.well-known/ai-catalog.json", 200, None),
    ("/.well-known/openai-apps-challenge", 200, None),
    ("/.well-known/mcp-registry-auth", 200, None),
    ("/plugin/mcp/server-card", 200, None),
    ("/plugin/customers", 404, None),
    ("/plugin/api/v2/customers", 404, None),
    ("/plugin//orders", 400, None),
    ("/plugin/orders%2f..%2fcustomers", 400, None),
]
OF_API = [
    "/",
    "/api/v2/customers?page=2",
    "/api/v2/orders/a%2Fb",
    "/openapi.json",
    "/mcp",
    "/plugin",
    "/pluginx/orders",
    "/plugin;a=1/orders",
    "/PLUGIN/orders",
    "/.well-known/security.txt",
    "/.well-known/ai-plugin.json.old",
    "/.well-known/oauth-protected-resource",
    "/.well-known/oauth-protected-resource/pluginx",
]


@pytest.mark.parametrize("proxy", PROXIES)
def test_the_paths_of_the_gateway_go_to_it_and_all_others_to_the_api(
    tmp_path: Path, world: SimpleNamespace, proxy: str
) -> None:
    with proxied(proxy, SOURCE, tmp_path, world.moved) as client:
        for target, status, sent_up in OF_GATEWAY:
            world.api.calls.clear()
            answer = client.get("/", extensions={"target": target.encode()})
            assert (target, answer.status_code) == (target, status)
            assert world.api.calls == ([(sent_up, True)] if sent_up else []), target
        for target in OF_API:
            world.api.calls.clear()
            answer = client.get("/", extensions={"target": target.encode()})
            assert (target, answer.status_code) == (target, 200)
            assert world.api.calls == [(target, False)], "the key of the gateway is for the calls of the gateway"


@pytest.mark.parametrize("proxy", PROXIES)
def test_a_path_that_proxies_read_in_different_ways_never_gets_the_key_of_the_gateway(
    tmp_path: Path, world: SimpleNamespace, proxy: str
) -> None:
    targets = [
        "/plugin/%2e%2e/api/v2/customers", "/plugin/../api/v2/customers", "/%70lugin/orders", "/x/../plugin/orders", "//plugin/orders",
        "/plugin/../plugin/orders", "/plugin%2forders", "/./plugin/orders",
    ]  # fmt: skip
    with proxied(proxy, SOURCE, tmp_path, world.moved) as client:
        for target in targets:
            world.api.calls.clear()
            answer = client.get("/", extensions={"target": target.encode()})
            # Either the API gets it as it gets all other paths, or the gateway refuses it.
            assert world.api.calls == ([(target, False)] if answer.status_code == 200 else []), target


@pytest.mark.parametrize("proxy", PROXIES)
def test_links_and_tool_calls_stay_below_the_path_of_the_gateway(
    tmp_path: Path, world: SimpleNamespace, proxy: str
) -> None:
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "getOrderList", "arguments": {}}}
    with proxied(proxy, SOURCE, tmp_path, world.moved) as client:
        world.api.calls.clear()
        answer = client.get("/plugin/orders")
        result = client.post(
            "/plugin/mcp", json=call, headers={"Host": "api.example.com", "Accept": "application/json"}
        )

    assert answer.headers["Link"] == '<https://api.example.com/plugin/orders?page=2>; rel="next"'
    assert result.json()["result"]["structuredContent"]["api"] == "/api/v2/orders"
    assert world.api.calls == [("/api/v2/orders", True)] * 2


STRIPPING = "location /plugin/ {\n            proxy_pass http://gateway/;"


@pytest.mark.parametrize("says_so", [True, False])
def test_a_proxy_that_removes_the_path_works_if_the_config_says_so_and_else_the_log_says_what_to_write(
    tmp_path: Path, says_so: bool
) -> None:
    source = tmp_path / "source"
    source.mkdir()
    text = (SOURCE / "nginx.conf").read_text()
    keeping = STRIPPING.replace("gateway/;", "gateway;")
    assert keeping in text
    (source / "nginx.conf").write_text(text.replace(keeping, STRIPPING))
    with recording_api() as api:
        config = config_for(tmp_path, api.port, "log: {format: json}\n")
        if says_so:
            config.write_text(config.read_text().replace("# path_stripped: true", "path_stripped: true"))
        port = free_port()
        moved = {API: f"127.0.0.1:{api.port}", GATEWAY: f"127.0.0.1:{port}"}
        with serving(config, port, {"LEGACY_API_KEY": KEY}), proxied("nginx", source, tmp_path, moved) as client:
            statuses = [
                client.get(path).status_code
                for path in ("/plugin/orders", "/plugin/openapi.json", "/.well-known/ai-plugin.json")
            ]

    assert statuses == ([200, 200, 200] if says_so else [404, 404, 200])
    told = "write `path_stripped: true` under `public`" in (tmp_path / "gateway.log").read_text()
    assert told is not says_so


# No cluster runs here, so the routes are compared with the paths that a gateway answers.


def routed_by_ingress() -> Any:
    [rule] = yaml.safe_load((SOURCE / "ingress.yaml").read_text())["spec"]["rules"]
    return [(path["path"], path["pathType"], path["backend"]["service"]["name"]) for path in rule["http"]["paths"]]


def routed_by_gateway_api() -> Any:
    rules = yaml.safe_load((SOURCE / "gateway-api.yaml").read_text())["spec"]["rules"]
    return [
        (match["path"]["value"], match["path"]["type"].removeprefix("Path"), backend["name"])
        for rule in rules
        for match in rule["matches"]
        for backend in rule["backendRefs"]
    ]


@pytest.mark.parametrize("routes", [routed_by_ingress(), routed_by_gateway_api()], ids=["ingress", "gateway-api"])
def test_kubernetes_routes_every_path_that_a_gateway_answers_to_it(tmp_path: Path, routes: Any) -> None:
    path = config_for(tmp_path, 9100, PROOFS + LOGIN)
    revision = build(load_config(path, environ={"LEGACY_API_KEY": KEY})).revision
    mine = {one.decode() for one in present(revision.mount).at_root}
    # The bare path is that of the API's own resource, if it has one; clients ask there only after the other.
    mine.remove(METADATA_PATH)
    assert f"{METADATA_PATH}/plugin/mcp" in mine

    def backend_of(asked: str) -> Any:
        fits = [
            (len(at), backend)
            for at, kind, backend in routes
            if at == asked or (kind == "Prefix" and f"{asked}/".startswith(f"{at.rstrip('/')}/"))
        ]
        return max(fits)[1]

    assert {backend_of(asked) for asked in (*mine, "/plugin/orders", "/plugin/mcp")} == {"plugin-gateway"}
    assert {backend_of(asked) for asked in OF_API if ";" not in asked and asked != "/plugin"} == {"api"}


def test_the_ingress_is_valid_by_the_schema_of_the_release() -> None:
    kubernetes_validate = pytest.importorskip("kubernetes_validate", reason="Kubernetes' schemas come with it")
    kubernetes_validate.validate(yaml.safe_load((SOURCE / "ingress.yaml").read_text()), "1.37", strict=True)
