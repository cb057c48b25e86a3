"""The served document against the served calls: schemathesis plays the client of the example API behind the gateway."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import prance
import prance.util.resolver
import pytest

from tests.bounds import BOUND_S
from tests.narrow import present
from tests.ports import free_ports
from tests.running import Upstream, eventually

ROOT = Path(__file__).parents[1]
TOKEN = "a-token-of-a-caller-0123456789"
EVERYTHING = f"""\
openapi: {ROOT}/examples/legacy_api/openapi.yaml
upstream: {{url: "http://127.0.0.1:API_PORT/api/v2", credential: {{header: X-Api-Key, value: {{env: LEGACY_API_KEY}}}}}}
public: {{url: "http://127.0.0.1:PORT"}}
allow: [{{path: "/**"}}]
auth: {{type: service_http, tokens: [{{name: caller, env: TOKEN}}]}}
validate: {{request: enforce, response: enforce}}
"""


NOTES = {
    "openapi": "3.1.0",
    "info": {"title": "Notes", "version": "1"},
    "paths": {
        "/notes/{title}/parts/{name}": {
            "get": {
                "operationId": "readPart",
                "parameters": [
                    {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
                    for name in ("title", "name")
                ],
                "responses": {"200": {"description": "The part.", "content": {"application/json": {}}}},
            },
        },
        "/notes": {
            "post": {
                "operationId": "addNote",
                "requestBody": {
                    "required": True,
                    "content": {
                        "multipart/form-data": {
                            "schema": {
                                "type": "object",
                                "required": ["kind"],
                                "properties": {
                                    "kind": {"enum": ["long", "short"]},
                                    "pages": {"type": "integer", "minimum": 1},
                                    "labels": {"type": "array", "items": {"enum": ["blue", "red"]}},
                                    "links": {
                                        "type": "array",
                                        "items": {
                                            "type": "object",
                                            "required": ["to"],
                                            "properties": {"to": {"type": "integer"}},
                                        },
                                    },
                                    "place": {"type": "object", "properties": {"room": {"type": "boolean"}}},
                                },
                            }
                        }
                    },
                },
                "responses": {"200": {"description": "The note.", "content": {"application/json": {}}}},
            }
        },
    },
}


@contextmanager
def running(url: str, *commands: Any) -> Iterator[str]:
    """Run each command until the block ends, as soon as the one before it has started; the last one serves `url`."""
    environment = {**os.environ, "LEGACY_API_KEY": "legacy-demo-key", "TOKEN": TOKEN}
    process = None
    with ExitStack() as block:
        for command in commands:
            process = subprocess.Popen(
                (sys.executable, "-m", *command),
                cwd=ROOT,
                env=environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
            block.callback(process.communicate, timeout=BOUND_S)
            block.callback(process.send_signal, signal.SIGINT)

        def is_up() -> bool:
            assert process is not None
            assert process.poll() is None, present(process.stderr).read().decode()
            return answers(url)

        eventually(is_up)
        yield url


@pytest.fixture(scope="module")
def gateway_url() -> Iterator[str]:
    """What `make run` starts: nine operations, open to every caller."""
    ports = dict(zip(("--api-port", "--port", "--admin-port"), map(str, free_ports(3)), strict=True))
    arguments = [text for pair in ports.items() for text in pair]
    with running(f"http://127.0.0.1:{ports['--port']}", ("examples.run", *arguments)) as url:
        yield url


@pytest.fixture(scope="module")
def guarded_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Every operation of the example, for callers that send a token. Calls and answers that break the document are refused."""
    api_port, port, admin_port = map(str, free_ports(3))
    config = tmp_path_factory.mktemp("guarded") / "gateway.yaml"
    config.write_text(EVERYTHING.replace("API_PORT", api_port).replace("PORT", port))
    serve = ("plugin_gateway", "serve", "--config", str(config), "--listen", f"127.0.0.1:{port}")
    lock = (sys.executable, "-m", "plugin_gateway", "lock", "--config", str(config))
    subprocess.run(lock, cwd=ROOT, check=True, capture_output=True, timeout=BOUND_S)
    api = ("examples.legacy_api", "--port", api_port)
    with running(f"http://127.0.0.1:{port}", api, (*serve, "--admin", f"127.0.0.1:{admin_port}")) as url:
        yield url


@pytest.fixture(scope="module")
def notes_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An API whose paths and parts are free text."""
    folder, upstream = tmp_path_factory.mktemp("notes"), Upstream()
    port, admin_port = map(str, free_ports(2))
    (folder / "openapi.json").write_text(json.dumps(NOTES))
    config = folder / "gateway.yaml"
    config.write_text(
        f"openapi: ./openapi.json\nupstream: {{url: 'http://127.0.0.1:{upstream.port}'}}\n"
        f"public: {{url: 'http://127.0.0.1:{port}'}}\nallow: [readPart, addNote]\nvalidate: {{request: enforce}}\n"
    )
    serve = ("plugin_gateway", "serve", "--config", str(config), "--listen", f"127.0.0.1:{port}")
    with running(f"http://127.0.0.1:{port}", (*serve, "--admin", f"127.0.0.1:{admin_port}")) as url:
        yield url
    upstream.close()


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url + "/openapi.json", timeout=BOUND_S):
            return True
    except OSError:
        return False


def explore(folder: Path, url: str, document: str, *options: str) -> None:
    """Run schemathesis with every check and phase it has, with calls that fit the document and calls that do not."""
    command = [str(Path(sys.executable).parent / "schemathesis"), "--no-color", "run", url + document]
    command += ["--url", url, "--checks", "all", "--mode", "all", "--phases", "examples,coverage,fuzzing,stateful"]
    done = subprocess.run(
        [*command, *options],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={
            **os.environ,
            "COLUMNS": "160",
            "PYTHONPATH": str(ROOT),
            "SCHEMATHESIS_HOOKS": "clients.schemathesis_hooks",
        },
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


@pytest.mark.parametrize("document", ["/openapi.json", "/openapi.yaml", "/openapi.json?profile=3.0"])
def test_schemathesis_finds_no_answer_that_the_document_does_not_declare(
    tmp_path: Path, gateway_url: str, document: str
) -> None:
    explore(tmp_path, gateway_url, document, "--max-examples", "10")


def test_schemathesis_finds_no_undeclared_answer_if_callers_need_a_token(tmp_path: Path, guarded_url: str) -> None:
    token = ("--header", f"Authorization: Bearer {TOKEN}")
    explore(tmp_path, guarded_url, "/openapi.json?profile=3.0", "--max-examples", "5", *token)


def test_schemathesis_finds_no_undeclared_answer_if_paths_and_parts_are_free_text(
    tmp_path: Path, notes_url: str
) -> None:
    explore(tmp_path, notes_url, "/openapi.json", "--max-examples", "30")


def test_prance_resolves_the_served_document_without_leaving_it(gateway_url: str) -> None:
    with urllib.request.urlopen(gateway_url + "/openapi.json?profile=3.0", timeout=BOUND_S) as answer:
        text = answer.read().decode()
    parser = prance.ResolvingParser(
        spec_string=text, backend="openapi-spec-validator", resolve_types=prance.util.resolver.RESOLVE_INTERNAL
    )
    assert set(parser.specification["paths"]) == set(json.loads(text)["paths"])
    assert "$ref" not in json.dumps(parser.specification["paths"])
