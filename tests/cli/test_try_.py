"""`try` makes a real call through the gate, shows no secret, and says what an operation takes."""

import json
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import click
import pytest

from plugin_gateway.cli import try_
from plugin_gateway.cli.entry import run
from plugin_gateway.cli.try_ import excerpt, phrase, write_body
from tests.bounds import BOUND_S

KEY = "sekret-7f3a9c"
DOCUMENT = """
openapi: 3.1.0
info: {title: Pets, version: "1"}
paths:
  /pets:
    get:
      operationId: listPets
      parameters: [{name: limit, in: query, schema: {type: integer}}, {name: X-Note, in: header, schema: {type: string}}]
      responses: {}
    post:
      operationId: createPet
      requestBody: {content: {application/json: {schema: {type: object, properties: {name: {type: string}}}}}}
      responses: {}
  /pets/{id}:
    get: {operationId: getPet, parameters: [{name: id, in: path, required: true, schema: {type: string}}], responses: {}}
    delete: {operationId: deletePet, parameters: [{name: id, in: path, required: true, schema: {type: string}}], responses: {}}
"""
CONFIG = """
openapi: ./openapi.yaml
upstream: {url: "http://127.0.0.1:PORT/v1", credential: [CREDENTIAL]}
allow: [listPets, {operation: createPet, operation_id: make_pet}, getPet]
auth: {type: service_http, tokens: [{name: a, value: a-token-of-some-length}, {name: b, value: b-token-of-some-length}]}
consumers: [{name: a, match: {token: a}, allow: [listPets]}, {name: b, match: {token: b}}]
"""
CREDENTIAL = "{header: X-Key, value: {env: TRY_KEY}}, {query: pin, value: {env: TRY_PIN}}"


class Echo(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        length = int(self.headers.get("content-length", 0))
        sent = {"line": self.requestline, "fields": dict(self.headers), "body": self.rfile.read(length).decode()}
        body = b"\x00\xff" if "limit=9" in self.path else json.dumps(sent).encode()
        self.send_response(404 if "limit=4" in self.path else 200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body) + (5 if "limit=5" in self.path else 0)))
        self.end_headers()
        self.wfile.write(body)
        if "limit=5" in self.path:
            self.close_connection = True

    do_POST = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join(BOUND_S)
    server.server_close()


@pytest.fixture
def trying(
    tmp_path: Path, port: int, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Any]:
    """Return a function that runs `try`, and returns the exit status, standard output and standard error."""
    secrets = {"TRY_KEY": KEY, "TRY_PIN": "zq1"}
    for name, value in secrets.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "openapi.yaml").write_text(DOCUMENT)
    config = tmp_path / "gateway.yaml"
    config.write_text(CONFIG.replace("PORT", str(port)).replace("CREDENTIAL", CREDENTIAL))

    def call(*words: str) -> tuple[int, str, str]:
        status = run(["try", "-c", str(config), *words])
        return (status, *capfd.readouterr())

    return call


def test_the_body_goes_to_standard_output_and_the_rest_to_standard_error(trying: Callable[..., Any]) -> None:
    status, out, err = trying("listPets", "limit=2", "X-Note=hello")

    assert status == 0
    assert json.loads(out)["line"].startswith("GET /v1/pets?limit=2&pin=")
    assert err.startswith("GET /v1/pets?limit=2&pin=******** HTTP/1.1\n")
    assert "x-note: hello\n" in err
    assert "X-Key: ********\n" in err
    assert "200 OK, " in err
    assert f"{len(out)} bytes, about " in err


def test_no_secret_is_shown_however_short(trying: Callable[..., Any]) -> None:
    _, out, err = trying("listPets")

    assert KEY not in out + err
    assert "zq1" not in err


def test_a_body_is_sent_and_shown(trying: Callable[..., Any]) -> None:
    status, out, err = trying("make_pet", f"name={KEY}")

    assert status == 0
    assert json.loads(out)["fields"]["content-type"] == "application/json"
    assert '{"name":"*************"}' in err


@pytest.mark.parametrize("words", [["createPet"], ["POST /pets"], ["post", "/pets"]])
def test_an_operation_is_found_by_its_own_id_and_by_its_method_and_path(
    trying: Callable[..., Any], words: list[str]
) -> None:
    assert trying(*words)[0] == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["getPet"], "`id` is missing.\n\ngetPet takes:\n  id  string, required\n"),
        (["getPet", "id=.."], "`id` cannot be sent"),
        (["getPet", "id=1", "x=2"], "`getPet` has no argument `x`"),
        (["listPets", "limit=x"], "`limit` takes an integer, not `x`"),
        (
            ["deletePet", "id=1"],
            "gateway.yaml does not allow `deletePet` (DELETE /pets/{id}); run `plugin-gateway allow deletePet` to allow it",
        ),
        (["--as", "a", "getPet", "id=1"], "`a` may not call"),
        (["--as", "c", "getPet", "id=1"], "there is no consumer `c`; there are a, b"),
        (["listPet"], "did you mean `listPets`?"),
        (["zzz"], "allowed are listPets, make_pet, getPet"),
        (["--max-bytes", "5", "listPets"], "a size needs a unit"),
    ],
)
def test_a_call_that_cannot_be_made_exits_2_and_says_why(
    trying: Callable[..., Any], words: list[str], said: str
) -> None:
    status, out, err = trying(*words)

    assert (status, out) == (2, "")
    assert said in err


def test_a_consumer_calls_its_own_operations(trying: Callable[..., Any]) -> None:
    assert trying("--as", "a", "listPets")[0] == 0
    assert trying("--as", "b", "getPet", "id=1")[0] == 0


def test_an_error_of_the_upstream_exits_1(trying: Callable[..., Any]) -> None:
    status, _, err = trying("listPets", "limit=4")

    assert status == 1
    assert "404 Not Found" in err


def test_a_refusal_of_the_gateway_exits_1_and_names_its_cause(
    trying: Callable[..., Any], port: int, tmp_path: Path
) -> None:
    config = tmp_path / "gateway.yaml"
    config.write_text(config.read_text().replace(f":{port}/", ":1/"))

    status, out, err = trying("listPets")

    assert status == 1
    assert json.loads(out)["code"] == "upstream-unreachable"
    assert "refused by the gateway, upstream-unreachable: 127.0.0.1:1: " in err


def test_an_answer_that_breaks_off_exits_1(trying: Callable[..., Any]) -> None:
    status, _, err = trying("listPets", "limit=5")

    assert status == 1
    assert "the answer ended early" in err or "bad-upstream-answer" in err


def test_a_long_body_is_cut(trying: Callable[..., Any]) -> None:
    status, out, err = trying("--max-bytes", "10B", "listPets")

    assert (status, len(out)) == (0, 10)
    assert "cut after 10 of " in err


def test_a_config_with_a_mistake_exits_2(trying: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "gateway.yaml").write_text("openapi: x\n")

    assert trying("listPets")[0] == 2


def test_where_nothing_is_allowed_the_error_says_so(trying: Callable[..., Any], tmp_path: Path) -> None:
    config = tmp_path / "gateway.yaml"
    text = config.read_text()
    config.write_text(text[: text.index("allow:")] + "allow: []\n")

    assert "there is no operation `zzz`; none is allowed" in trying("zzz")[2]
    assert "the config has none" in trying("--as", "x", "zzz")[2]


def test_octets_are_written_as_they_are_but_not_to_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    write_body(b"\x00\xff\x1b[2J")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    write_body(b"\x00\xff\x1b[2J")
    write_body(b"a\x1b[2Jb\r\n")
    write_body(b"")

    out = capfdbinary.readouterr().out
    assert out == b"\x00\xff\x1b[2J" + b"(6 bytes that are not text)\n" + "a\ufffd[2Jb\n\n".encode()


def test_an_excerpt_says_how_long_the_whole_is() -> None:
    assert excerpt("aé".encode(), 2) == "a… (3 bytes)"
    assert excerpt(b"ab", 2) == "ab"


def test_a_status_without_a_name_has_no_phrase() -> None:
    assert (phrase(204), phrase(299)) == ("No Content", "")


def test_the_operations_that_the_config_allows_are_completed(trying: Callable[..., Any], tmp_path: Path) -> None:
    context = click.Context(try_.command)
    context.params = {"config": tmp_path / "gateway.yaml"}
    (argument,) = (one for one in try_.command.params if one.name == "operation")

    assert [item.value for item in argument.shell_complete(context, "")] == ["listPets", "createPet", "getPet"]
    context.params = {"config": tmp_path / "nowhere.yaml"}
    assert argument.shell_complete(context, "") == []
