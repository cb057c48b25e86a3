"""The whole gateway as people run it: real processes, real sockets, on loopback."""

import gzip
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from plugin_gateway.gate.permit import Permit
from plugin_gateway.revision.account import account_for
from plugin_gateway.revision.build import Built, build, load_config
from tests.bounds import BOUND_S
from tests.running import Gateway, Upstream, eventually

SECRET = "sekret-7f3a9c-of-the-upstream"

DOCUMENT = """
openapi: 3.0.3
info: {title: Pets, version: "1.0", description: All about pets., contact: {email: a@example.com},
       termsOfService: https://example.com/terms}
servers: [{url: "http://internal.example:9/api"}]
security: [{key: []}]
paths:
  /pets:
    get:
      operationId: listPets
      parameters: [{name: limit, in: query, schema: {type: integer}}]
      responses: {"200": {description: ok, content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}}}
      description: LONG
    post:
      operationId: createPet
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}}
      responses: {"201": {description: ok}}
  /pets/{petId}:
    parameters: [{name: petId, in: path, required: true, schema: {type: string}}]
    get: {operationId: getPet, responses: {"200": {description: ok}}}
    delete: {operationId: deletePet, responses: {"204": {description: ok}}}
  /admin/users:
    get: {operationId: adminUsers, responses: {"200": {description: ok}}}
components:
  securitySchemes: {key: {type: apiKey, in: header, name: X-Api-Key}}
  schemas:
    Pet: {type: object, properties: {name: {type: string}}}
    AdminThing: {type: object}
""".replace("LONG", "Long enough to be worth compressing. " * 50)

CONFIG = """
openapi: ./openapi.yaml
upstream:
  url: http://127.0.0.1:{port}/api
  credential: {{header: X-Api-Key, value: {{env: E2E_UPSTREAM_KEY}}}}
  timeout: {{connect: 2m, read: {read_timeout}, total: 2m}}
allow: [listPets, getPet, POST /pets]
cors: [https://chatgpt.com]
"""


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    upstream = Upstream()
    yield upstream
    upstream.close()


@pytest.fixture
def folder(tmp_path: Path, upstream: Upstream) -> Path:
    (tmp_path / "openapi.yaml").write_text(DOCUMENT)
    (tmp_path / "gateway.yaml").write_text(CONFIG.format(port=upstream.port, read_timeout="2m"))
    return tmp_path


@contextmanager
def serving(folder: Path, *arguments: str) -> Iterator[Gateway]:
    config = str(folder / "gateway.yaml")
    gateway = Gateway("serve", "-c", config, *arguments, environment={"E2E_UPSTREAM_KEY": SECRET})
    try:
        yield gateway
    finally:
        gateway.close()


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory, upstream: Upstream) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("gateway")
    (folder / "openapi.yaml").write_text(DOCUMENT)
    (folder / "gateway.yaml").write_text(CONFIG.format(port=upstream.port, read_timeout="2m"))
    with serving(folder, "--workers", "2") as gateway:
        yield gateway


@pytest.fixture(scope="module")
def asgi_gateway(tmp_path_factory: pytest.TempPathFactory, upstream: Upstream) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("asgi-gateway")
    (folder / "openapi.yaml").write_text(DOCUMENT)
    (folder / "gateway.yaml").write_text(CONFIG.format(port=upstream.port, read_timeout="2m"))
    with serving(folder, "--front", "asgi") as gateway:
        yield gateway


@pytest.fixture(scope="module", params=["connection", "asgi"])
def gateway_below_a_path(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, upstream: Upstream
) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("below")
    (folder / "openapi.yaml").write_text(DOCUMENT)
    public = "public: {url: 'https://api.example.com/plugin'}\n"
    (folder / "gateway.yaml").write_text(CONFIG.format(port=upstream.port, read_timeout="2m") + public)
    with serving(folder, "--front", request.param) as gateway:
        yield gateway


def last_call(upstream: Upstream, gateway: Gateway, *arguments: Any, **headers: Any) -> tuple[SimpleNamespace, Any]:
    upstream.calls.clear()
    response = gateway.ask(*arguments, **headers)
    return response, upstream.calls[0] if upstream.calls else None


def test_a_permitted_call_is_forwarded_with_the_key_and_without_the_callers(
    gateway: Gateway, upstream: Upstream
) -> None:
    response, call = last_call(upstream, gateway, "GET", "/pets?limit=2", x_api_key="theirs", authorization="Bearer x")
    assert response.status == 200
    assert (call.method, call.path) == ("GET", "/api/pets?limit=2")
    assert call.headers.get_all("X-Api-Key") == [SECRET]
    assert "Authorization" not in call.headers


def test_the_asgi_front_behaves_the_same(asgi_gateway: Gateway, upstream: Upstream) -> None:
    response, call = last_call(upstream, asgi_gateway, "GET", "/pets?limit=2", x_api_key="theirs")
    assert (response.status, call.headers.get_all("X-Api-Key")) == (200, [SECRET])
    response, call = last_call(upstream, asgi_gateway, "GET", "/admin/users")
    assert (response.status, call) == (404, None)
    assert asgi_gateway.ask("GET", "/openapi.json").status == 200
    asgi_gateway.wait_for(lambda line: line.get("operation") == "listPets")


@pytest.mark.parametrize(
    ("method", "target", "status", "sent_up"),
    [
        ("GET", "/plugin/pets?limit=2", 200, "/api/pets?limit=2"),
        ("DELETE", "/plugin/pets/1", 405, None),
        ("GET", "/plugin/admin/users", 404, None),
        ("GET", "/plugin//pets", 400, None),
        ("GET", "/plugin/../pets", 400, None),
        ("GET", "/plugin/plugin/pets", 404, None),
        *(
            (method, target, 404, None)
            for method in ("GET", "OPTIONS")
            for target in (
                "/pets",
                "/plugin",
                "/pluginx/pets",
                "/%70lugin/pets",
                "/PLUGIN/pets",
                "/openapi.json",
                "/mcp",
            )
        ),
        ("GET", "/plugin/openapi.json?profile=lean", 200, None),
        ("OPTIONS", "/plugin/pets", 204, None),
        ("GET", "/plugin/.well-known/ai-plugin.json", 200, None),
        ("HEAD", "/.well-known/ai-plugin.json", 200, None),
        ("GET", "/.well-known/ai-catalog.json", 200, None),
        ("GET", "/.well-known/other", 404, None),
    ],
)
def test_on_the_host_of_the_api_the_gateway_has_its_path_and_no_other(
    gateway_below_a_path: Gateway, upstream: Upstream, method: str, target: str, status: int, sent_up: str | None
) -> None:
    response, call = last_call(upstream, gateway_below_a_path, method, target)

    assert (response.status, call and call.path) == (status, sent_up)


def test_on_the_host_of_the_api_every_url_that_clients_read_leads_to_the_gateway(gateway_below_a_path: Gateway) -> None:
    origin = "https://api.example.com"
    manifest = json.loads(gateway_below_a_path.ask("GET", "/.well-known/ai-plugin.json").body)
    catalog = json.loads(gateway_below_a_path.ask("GET", "/.well-known/ai-catalog.json").body)
    [card] = [entry["url"] for entry in catalog["entries"]]
    for url in (manifest["api"]["url"], manifest["logo_url"], card):
        assert url.startswith(f"{origin}/plugin/")
        assert gateway_below_a_path.ask("GET", url.removeprefix(origin)).status == 200
    [remote] = json.loads(gateway_below_a_path.ask("GET", card.removeprefix(origin)).body)["remotes"]
    document = json.loads(gateway_below_a_path.ask("GET", manifest["api"]["url"].removeprefix(origin)).body)
    assert document["servers"] == [{"url": f"{origin}/plugin"}]
    call = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": "getPet", "arguments": {"petId": "7"}},
    }
    result = gateway_below_a_path.ask(
        "POST",
        remote["url"].removeprefix(origin),
        json.dumps(call).encode(),
        content_type="application/json",
        host="api.example.com",
    )
    assert json.loads(result.body)["result"]["structuredContent"]["path"] == "/api/pets/7"


def test_an_echoed_key_is_masked(gateway: Gateway) -> None:
    response = gateway.ask("GET", "/pets/1")
    assert json.loads(response.body)["key"] == "*" * len(SECRET)


def test_a_body_goes_up(gateway: Gateway, upstream: Upstream) -> None:
    response, call = last_call(upstream, gateway, "POST", "/pets", b'{"name":"Tom"}', content_type="application/json")
    assert (response.status, call.body) == (200, b'{"name":"Tom"}')


@pytest.mark.parametrize(
    ("method", "target"), [("GET", "/admin/users"), ("GET", "/nothing"), ("GET", "/readyz"), ("GET", "/metrics")]
)
def test_every_other_call_gets_the_same_404_and_does_not_go_up(
    gateway: Gateway, upstream: Upstream, method: str, target: str
) -> None:
    response, call = last_call(upstream, gateway, method, target)
    assert call is None
    assert response.status == 404
    assert response.headers["Content-Type"] == "application/problem+json"
    problem = json.loads(response.body)
    assert problem["code"] == "operation-not-found"
    known = json.loads(gateway.ask("GET", "/nothing").body)
    assert {**problem, "instance": ""} == {**known, "instance": ""}


def test_a_denied_method_is_answered_with_the_allowed_methods(gateway: Gateway, upstream: Upstream) -> None:
    response, call = last_call(upstream, gateway, "DELETE", "/pets/1")
    assert (response.status, call) == (405, None)
    assert "DELETE" not in response.headers["Allow"]


def test_the_documents_say_the_same_and_nothing_of_what_is_denied(gateway: Gateway) -> None:
    as_json = gateway.ask("GET", "/openapi.json")
    document = json.loads(as_json.body)
    assert document == yaml.safe_load(gateway.ask("GET", "/openapi.yaml").body)
    assert set(document["paths"]) == {"/pets", "/pets/{petId}"}
    assert document["servers"] == [{"url": f"http://localhost:{gateway.port}"}]
    for leak in (b"admin", b"Admin", b"deletePet", b"X-Api-Key", b"internal.example"):
        assert leak not in as_json.body


def test_the_document_is_validated_compressed_and_revalidated(gateway: Gateway) -> None:
    plain, packed = gateway.ask("GET", "/openapi.json"), gateway.ask("GET", "/openapi.json", accept_encoding="gzip")
    assert gzip.decompress(packed.body) == plain.body
    again = gateway.ask("GET", "/openapi.json", if_none_match=plain.headers["ETag"])
    assert (again.status, again.body) == (304, b"")
    head = gateway.ask("HEAD", "/openapi.json")
    assert (head.status, head.body, head.headers["Content-Length"]) == (200, b"", str(len(plain.body)))
    assert gateway.ask("GET", "/openapi.json?profile=3.0").body.startswith(b'{"openapi":"3.0')


def test_the_manifest_has_all_ten_keys_and_leads_to_the_document_and_the_logo(gateway: Gateway) -> None:
    manifest = json.loads(gateway.ask("GET", "/.well-known/ai-plugin.json").body)
    assert len(manifest) == 10
    public = f"http://localhost:{gateway.port}"
    document = gateway.ask("GET", manifest["api"]["url"].removeprefix(public))
    assert (document.status, document.headers["Content-Type"]) == (200, "application/json")
    logo = gateway.ask("GET", manifest["logo_url"].removeprefix(public))
    assert (logo.status, logo.headers["Content-Type"]) == (200, "image/png")


def test_an_allowed_page_may_call_and_no_other(gateway: Gateway) -> None:
    asked: dict[str, Any] = {"access_control_request_method": "GET"}
    allowed = gateway.ask("OPTIONS", "/pets", origin="https://chatgpt.com", **asked)
    assert (allowed.status, allowed.headers["Access-Control-Allow-Origin"]) == (204, "https://chatgpt.com")
    assert (
        gateway.ask("GET", "/pets", origin="https://chatgpt.com").headers["Access-Control-Allow-Origin"]
        == "https://chatgpt.com"
    )
    for answer in (
        gateway.ask("OPTIONS", "/pets", origin="https://evil.test", **asked),
        gateway.ask("GET", "/pets", origin="https://evil.test"),
    ):
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_no_header_of_a_caller_moves_the_public_url(gateway: Gateway) -> None:
    response = gateway.ask(
        "GET", "/openapi.json", host="evil.test", x_forwarded_host="evil.test", forwarded="host=evil.test"
    )
    assert b"evil.test" not in response.body


def test_metrics_of_both_workers_are_summed(gateway: Gateway) -> None:
    def count() -> float:
        text = gateway.ask("GET", "/metrics", port=gateway.admin_port).body.decode()
        return sum(
            float(line.rpartition(" ")[2])
            for line in text.splitlines()
            if "calls_total{" in line and 'operation="getPet"' in line
        )

    before = count()
    for _ in range(20):
        gateway.ask("GET", "/pets/1")
    assert count() == before + 20


def test_the_key_and_the_callers_data_are_in_no_log(gateway: Gateway) -> None:
    gateway.ask("GET", "/pets/my-private-pet?limit=471108154711")
    gateway.wait_for(lambda line: line.get("operation") == "getPet")
    text = b"".join(gateway.lines)
    assert SECRET.encode() not in text
    assert b"my-private-pet" not in text
    assert b"471108154711" not in text


def test_health_is_asked_from_the_command_line(gateway: Gateway) -> None:
    command = [sys.executable, "-m", "plugin_gateway", "health", "--admin", f"127.0.0.1:{gateway.admin_port}"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=BOUND_S, check=False)
    assert (result.returncode, result.stdout) == (0, "ready: revision 1, 3 of 5 operations\n")


def test_an_upstream_that_is_down_is_502_and_one_that_hangs_504(tmp_path: Path) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        (tmp_path / "openapi.yaml").write_text(DOCUMENT)
        (tmp_path / "gateway.yaml").write_text(CONFIG.format(port=silent.getsockname()[1], read_timeout="300ms"))
        with serving(tmp_path) as gateway:
            down = gateway.ask("GET", "/pets")
            silent.listen()
            hanging = gateway.ask("GET", "/pets")
    assert (down.status, hanging.status) == (502, 504)
    for answer in (down, hanging):
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert str(silent).encode() not in answer.body


def test_five_mistakes_are_five_located_messages_and_nothing_is_served(folder: Path) -> None:
    (folder / "gateway.yaml").write_text(
        "openapi: ./openapi.yaml\n"
        "upstream:\n"
        "  url: ftp://127.0.0.1\n"
        "  timeout: {read: 5 parsecs}\n"
        "  conections: 5\n"
        "allow: [listPets]\n"
        "public: {url: http://plugin.example.com}\n"
        "manifest: {name_for_human: Much too long a name for a human}\n"
    )
    command = [
        sys.executable,
        "-m",
        "plugin_gateway",
        "serve",
        "-c",
        str(folder / "gateway.yaml"),
        "--listen",
        "127.0.0.1:0",
    ]
    result = subprocess.run(command, capture_output=True, text=True, timeout=BOUND_S, check=False)
    assert result.returncode == 2
    lines = [json.loads(line) for line in result.stderr.splitlines()]
    assert {line["event"] for line in lines} == {"start-refused"}
    assert [line["line"] for line in lines] == [3, 4, 5, 7, 8]
    assert {line["file"] for line in lines} == {str(folder / "gateway.yaml")}
    checked = subprocess.run(
        [*command[:3], "check", *command[4:6]], capture_output=True, text=True, timeout=BOUND_S, check=False
    )
    assert checked.returncode == 2
    assert "5 errors" in checked.stderr
    with (folder / "gateway.yaml").open("a") as file:
        file.write("log: {format: text}\n")
    result = subprocess.run(command, capture_output=True, text=True, timeout=BOUND_S, check=False)
    assert (result.returncode, result.stderr) == (2, checked.stderr)


def test_a_taken_port_is_reported(folder: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        address = f"127.0.0.1:{other.getsockname()[1]}"
        command = [
            sys.executable,
            "-m",
            "plugin_gateway",
            "serve",
            "-c",
            str(folder / "gateway.yaml"),
            "--listen",
            address,
        ]
        result = subprocess.run(command, capture_output=True, text=True, timeout=BOUND_S, check=False)
    assert result.returncode == 2
    line = json.loads(result.stderr)
    assert line["event"] == "start-failed"
    assert line["message"].startswith(f"cannot listen on {address}: another process listens there")


def test_a_changed_file_is_taken_over_and_a_bad_one_changes_nothing(folder: Path) -> None:
    config = folder / "gateway.yaml"
    good = config.read_text()
    with serving(folder, "--workers", "2") as gateway:
        assert gateway.ask("GET", "/pets/1").status == 200
        config.write_text(good.replace("listPets, getPet,", "listPets,"))
        eventually(lambda: gateway.ready()["revision"] == 2)
        assert {gateway.ask("GET", "/pets/1").status for _ in range(8)} == {404}
        assert b"getPet" not in gateway.ask("GET", "/openapi.json").body

        config.write_text(good.replace("getPet", "getPat"))
        report = eventually(lambda: gateway.ready()["reload_error"])
        assert f"{config}:7:19: error[unknown-operation]" in report
        assert "did you mean `getPet`" in report
        assert gateway.ready()["ready"] is True
        assert gateway.ready()["revision"] == 2
        assert gateway.wait_for(lambda line: line.get("event") == "reload-failed")["report"] == report
        assert gateway.ask("GET", "/pets").status == 200

        config.write_text(good)
        eventually(lambda: gateway.ready()["revision"] == 3)
        assert gateway.ready()["reload_error"] is None
        assert {gateway.ask("GET", "/pets/1").status for _ in range(8)} == {200}


def test_sighup_reloads(folder: Path) -> None:
    with serving(folder) as gateway:
        gateway.process.send_signal(signal.SIGHUP)
        assert eventually(lambda: gateway.ready()["revision"] == 2)


def test_a_changed_secret_file_is_taken_over(folder: Path, upstream: Upstream) -> None:
    config, key = folder / "gateway.yaml", folder / "key"
    key.write_text("the-first-of-the-keys\n")
    config.write_text(config.read_text().replace("{env: E2E_UPSTREAM_KEY}", "{file: ./key}"))
    with serving(folder) as gateway:
        _, before = last_call(upstream, gateway, "GET", "/pets")
        digest = gateway.ready()["digest"]
        key.write_text("the-second-of-the-keys\n")
        eventually(lambda: gateway.ready()["revision"] == 2)
        _, after = last_call(upstream, gateway, "GET", "/pets")
        assert (before.headers["X-Api-Key"], after.headers["X-Api-Key"]) == (
            "the-first-of-the-keys",
            "the-second-of-the-keys",
        )
        assert gateway.ready()["digest"] == digest


def test_sigterm_lets_calls_finish_takes_no_more_and_exits_0(folder: Path, upstream: Upstream) -> None:
    with serving(folder, "--workers", "2") as gateway:
        upstream.arrived.clear()
        upstream.released.clear()
        answers = []
        calling = threading.Thread(target=lambda: answers.append(gateway.ask("GET", "/pets")))
        calling.start()
        try:
            assert upstream.arrived.wait(BOUND_S)
            gateway.process.terminate()

            def refused() -> bool:
                try:
                    socket.create_connection(("127.0.0.1", gateway.port), timeout=BOUND_S).close()
                except ConnectionError:
                    return True
                return False

            eventually(refused)
            assert gateway.process.poll() is None
        finally:
            upstream.released.set()
        calling.join(BOUND_S)
        assert [answer.status for answer in answers] == [200]
        assert gateway.process.wait(BOUND_S) == 0


def test_a_worker_that_is_killed_is_replaced(folder: Path) -> None:
    with serving(folder) as gateway:
        (victim,) = gateway.children()
        os.kill(victim, signal.SIGKILL)
        assert gateway.wait_for(lambda line: line.get("event") == "worker-ended")["pid"] == victim
        eventually(lambda: gateway.ready()["workers"] == 1)
        assert gateway.ask("GET", "/pets").status == 200


def test_a_worker_whose_supervisor_is_gone_ends_too(folder: Path) -> None:
    with serving(folder) as gateway:
        (worker,) = gateway.children()
        gateway.process.kill()
        eventually(lambda: not Path(f"/proc/{worker}").exists() or " Z " in Path(f"/proc/{worker}/stat").read_text())


def test_a_worker_keeps_the_revision_and_not_the_document(folder: Path) -> None:
    with serving(folder) as gateway:
        (worker,) = gateway.children()
        status = Path(f"/proc/{worker}/status").read_text()
        maps = Path(f"/proc/{worker}/maps").read_text()
    [resident_kb] = re.findall(r"VmRSS:\s+(\d+)", status)
    assert int(resident_kb) < 80_000
    for library in ("jsonschema_rs", "_yaml"):
        assert library not in maps


def test_the_demo_serves_the_example_api() -> None:
    gateway = Gateway("demo", environment={"LEGACY_API_KEY": SECRET})
    try:
        assert gateway.ask("GET", "/orders?status=open").status == 200
        assert gateway.ask("GET", "/admin/users").status == 404
        assert len(json.loads(gateway.ask("GET", "/openapi.json").body)["paths"]) == 9
    finally:
        gateway.close()
    assert gateway.process.returncode == 0


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_supervisor_that_is_killed_leaves_no_worker_and_no_reload_behind(folder: Path) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with serving(folder, "--workers", "2") as gateway:
            config = folder / "gateway.yaml"
            url = f"http://127.0.0.1:{silent.getsockname()[1]}/openapi.yaml"
            config.write_text(config.read_text().replace("./openapi.yaml", url))
            asked, _ = silent.accept()
            with asked:
                children = gateway.children()
                gateway.process.kill()
                assert len(children) == 3
                eventually(lambda: not any(map(is_running, children)))


EXPLAINED = """
openapi: ./openapi.yaml
upstream:
  url: http://127.0.0.1:{port}/api
  credential: {{header: X-Api-Key, value: {{env: E2E_UPSTREAM_KEY}}}}
  write_credential: {{bearer: {{env: E2E_UPSTREAM_KEY}}}}
allow:
  - listPets
  - POST /pets
  - operation: getPet
    credential: {{header: X-Own, value: {{env: E2E_UPSTREAM_KEY}}}}
"""
PIECES = [
    "/pets",
    "/pets/1",
    "/admin/users",
    "/openapi.json",
    "/",
    "/logo.png",
    "..",
    ".",
    "//",
    "%2e%2e",
    "%2F",
    ";",
    "?",
]
PIECES += ["?limit=1", "?x=1", "&limit=2", "%", "%00", "{petId}", "#f", "*", "A", "~", "%20", "%3f", "\\", "é"]


def told_by_the_gateway(gateway: Gateway, upstream: Upstream, method: str, target: str) -> tuple[Any, ...]:
    """Ask on a connection of its own, byte for byte; return what became of the call."""
    del upstream.calls[:]
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=BOUND_S) as connection:
        head = f"{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        connection.sendall(head.encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    if upstream.calls:
        [call] = upstream.calls
        injected = {"header " + name for name in ("X-Api-Key", "X-Own", "Authorization") if name in call.headers}
        return "forwarded", call.path, injected
    answered, _, body = answer.partition(b"\r\n\r\n")
    is_problem = b"application/problem+json" in answered
    return ("refused", int(answered[9:12]), json.loads(body)["code"]) if is_problem else ("answered",)


def told_by_explain(method: str, target: str, built: Built) -> tuple[Any, ...]:
    account = account_for(method, target, revision=built.revision, loaded=built.loaded, document=built.document)
    if account.verdict is None:
        return ("answered",)
    if isinstance(account.verdict, Permit):
        said = next(step.finding for step in account.steps if step.name == "credential")
        path = "/api" + account.url.partition("/api")[2]
        return "forwarded", path, set(said.removeprefix("sets ").split(", "))
    return "refused", account.verdict.status, account.verdict.code


def test_explain_says_of_every_call_what_the_gateway_does(folder: Path, upstream: Upstream) -> None:
    (folder / "gateway.yaml").write_text(EXPLAINED.format(port=upstream.port))
    built = build(load_config(folder / "gateway.yaml", environ={"E2E_UPSTREAM_KEY": SECRET}))
    with serving(folder) as gateway:

        @given(
            st.sampled_from(["GET", "GET", "POST", "DELETE", "OPTIONS", "PATCH", "get", "FOO"]),
            st.lists(st.sampled_from(PIECES), min_size=1, max_size=3).map("".join),
        )
        @example("GET", "/pets?limit=1")
        @example("POST", "/pets")
        @example("GET", "/pets/1")
        @example("OPTIONS", "*")
        def agree(method: str, target: str) -> None:
            assert told_by_explain(method, target, built) == told_by_the_gateway(gateway, upstream, method, target)

        agree()
