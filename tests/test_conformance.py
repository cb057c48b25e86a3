"""The served document against the served calls: schemathesis plays the client of the example API behind the gateway."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import prance
import prance.util.resolver
import pytest

ROOT = Path(__file__).parents[1]
START_BOUND_S = 30.0
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


@pytest.fixture(scope="module")
def gateway_url():
    ports = {name: free_port() for name in ("--api-port", "--port", "--admin-port")}
    arguments = [text for name, port in ports.items() for text in (name, str(port))]
    process = subprocess.Popen(
        (sys.executable, "-m", "examples.run", *arguments), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    url = f"http://127.0.0.1:{ports['--port']}"
    give_up = time.monotonic() + START_BOUND_S
    try:
        while not answers(url):
            assert process.poll() is None, process.stderr.read().decode()
            assert time.monotonic() < give_up, "the gateway does not answer"
        yield url
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)


def answers(url):
    try:
        with urllib.request.urlopen(url + "/openapi.json", timeout=1) as answer:
            return answer.status == 200
    except OSError:
        return False


@pytest.mark.parametrize("document", ["/openapi.json", "/openapi.yaml", "/openapi.json?profile=3.0"])
def test_no_call_gets_a_server_error_or_an_answer_that_the_document_does_not_have(tmp_path, gateway_url, document):
    command = [str(Path(sys.executable).parent / "schemathesis"), "--no-color", "run", gateway_url + document]
    command += ["--url", gateway_url, "--checks", CHECKS, "--max-examples", "20", "--generation-deterministic"]
    command += ["--phases", "examples,coverage,fuzzing"]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "COLUMNS": "160"},
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


def test_prance_resolves_what_is_served_without_leaving_it(gateway_url):
    with urllib.request.urlopen(gateway_url + "/openapi.json?profile=3.0", timeout=5) as answer:
        text = answer.read().decode()
    parser = prance.ResolvingParser(
        spec_string=text, backend="openapi-spec-validator", resolve_types=prance.util.resolver.RESOLVE_INTERNAL
    )
    assert set(parser.specification["paths"]) == set(json.loads(text)["paths"])
    assert "$ref" not in json.dumps(parser.specification["paths"])
