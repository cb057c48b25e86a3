import asyncio
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from plugin_gateway.console import trial
from plugin_gateway.console.questions import Questions
from tests.bounds import BOUND_S
from tests.console.pets_place import ADD, CONFIG, GET, LIST, Place

SECRET = "s3cret-value"


class Upstream(BaseHTTPRequestHandler):
    def answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        seen = {"path": self.path, "body": self.rfile.read(length).decode(), "key": self.headers.get("Authorization")}
        body = json.dumps(seen).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = answer  # noqa: N815  # the names of http.server

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def asked(place: Place) -> Iterator[Any]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    place.write(CONFIG.replace("127.0.0.1:1,", f"127.0.0.1:{server.server_port},") + "  - addPet\n")
    questions = Questions(place.material)

    def ask(**question: Any) -> Any:
        answer = asyncio.run(questions.answer("try", json.dumps(question).encode()))
        return {"http": answer.status, **json.loads(answer.body)}

    yield ask
    server.shutdown()
    server.server_close()
    thread.join(BOUND_S)


def test_a_call_goes_through_the_gate_with_the_credential_hidden(asked: Any) -> None:
    told = asked(n=LIST, arguments={"limit": 3})

    assert told["verdict"] == "allowed"
    assert told["rule"] == "line 4 of gateway.yaml: - listPets   # GET /pets"
    assert told["request"]["url"].endswith("/pets?limit=3")
    assert ["Authorization", "********"] in told["request"]["headers"]
    assert told["response"]["status"] == 200
    assert json.loads(told["response"]["body"]) == {"path": "/pets?limit=3", "body": "", "key": "Bearer ********"}
    assert told["curl"] == "curl 'http://localhost:8080/pets?limit=3'"
    assert told["response"]["bytes"] == len(told["response"]["body"])
    assert "content-length" not in dict(told["response"]["headers"])
    assert SECRET not in str(told)


def test_a_body_is_sent(asked: Any) -> None:
    told = asked(n=ADD, body={"name": "Rex"})

    assert json.loads(told["request"]["body"]) == {"name": "Rex"}
    assert told["curl"].startswith("curl -X POST http://localhost:8080/pets -H 'content-type: application/json'")


def test_an_operation_that_is_not_allowed_is_refused_without_a_call(asked: Any) -> None:
    told = asked(n=GET, arguments={"id": "1"})

    assert (told["verdict"], told["request"], told["response"]) == ("refused", None, None)
    assert "gateway.yaml does not allow" in told["rule"]


@pytest.mark.parametrize("given", [{"arguments": {"nonsense": 1}}, {"arguments": {"limit": {"a": {"b": 1}}}}])
def test_arguments_that_make_no_call_get_a_problem(asked: Any, given: dict[str, Any]) -> None:
    assert asked(n=LIST, **given)["http"] == 400


def test_a_body_of_the_wrong_kind_gets_a_problem(asked: Any) -> None:
    assert asked(n=ADD, body="text")["http"] == 400


def test_a_parameter_is_named_as_the_document_names_it(asked: Any, place: Place) -> None:
    text = place.config.read_text()
    place.write(text.replace("- listPets ", "- {operation: listPets, parameters: {limit: {rename: most}}} "))

    assert asked(n=LIST, arguments={"limit": 3})["response"]["status"] == 200


def test_a_call_that_takes_too_long_is_given_up(asked: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async def forever(*_: object, **__: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(trial, "call", forever)
    monkeypatch.setattr(trial, "PATIENCE_S", 0.01)

    assert asked(n=LIST)["http"] == 504


def test_an_upstream_that_is_not_there_is_the_reason(place: Place) -> None:
    answer = asyncio.run(Questions(place.material).answer("try", b'{"n": 0}'))
    told = json.loads(answer.body)

    assert told["verdict"] == "refused"
    assert "upstream-unreachable" in told["rule"]


@pytest.mark.parametrize(
    ("octets", "shown"),
    [
        (b"caf\xc3\xa9", "caf\u00e9"),
        (b"caf\xc3", "(4 bytes that are not text)"),
        (b"x" * 99_999 + b"\xc3", "x" * 99_999),
        (b"x" * 99_998 + b"\xff\xc3", "(100000 bytes that are not text)"),
    ],
    ids=["whole", "cut by the upstream", "cut to be shown", "not text, and cut"],
)
def test_a_body_is_shown_if_it_is_text(octets: bytes, shown: str) -> None:
    assert trial._text(octets) == shown
