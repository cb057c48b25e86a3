"""The attack cases as arguments of tool calls: through a running gateway, no value reaches another operation or shows a secret."""

from __future__ import annotations

import base64
import http.client
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest

from tests.bounds import BOUND_S

CASES = Path(__file__).parents[2].parent / "shared" / "attack" / "cases.json"
GROUPS = {"path-bypass", "query", "credential-leak", "header-smuggling", "method-bypass", "legit"}
KEYS = {"A_HEADER": "sekret-hdr-7f3a9c", "A_QUERY": "sekret-qry-51be02"}
ECHO = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"

pytestmark = pytest.mark.skipif(not CASES.is_file(), reason=f"the attack cases are not at {CASES}")


def config(port: Any) -> Any:
    credential = [
        {"header": "X-Api-Key", "value": {"env": "A_HEADER"}},
        {"query": "api_key", "value": {"env": "A_QUERY"}},
    ]
    return json.dumps(
        {
            "openapi": "openapi.json",
            "upstream": {"url": f"http://127.0.0.1:{port}", "credential": credential},
            "allow": ["listPets", "addPet", "getPet"],
            "log": {"level": "error"},
        }
    )


def document() -> Any:
    pet = {"name": "petId", "in": "path", "required": True, "schema": {"type": "string"}}
    note = {"name": "X-Note", "in": "header", "schema": {"type": "string"}}
    tag = {"name": "tag", "in": "query", "schema": {"type": "string"}}
    free = {"name": "free", "in": "query", "schema": {"type": "object", "additionalProperties": True}}
    body = {
        "content": {"application/x-www-form-urlencoded": {"schema": {"type": "object", "additionalProperties": True}}}
    }
    operations: dict[str, dict[str, tuple[str, list[Any]]]] = {
        "/pets": {"get": ("listPets", [tag, free, note]), "post": ("addPet", [])},
        "/pets/export": {"get": ("exportPets", [])},
        "/pets/{petId}": {"get": ("getPet", [pet]), "delete": ("deletePet", [pet])},
        "/pets/{petId}/secrets": {"get": ("getSecrets", [pet])},
        "/admin/users": {"get": ("listUsers", [])},
    }
    paths = {
        path: {
            method: {"operationId": name, "parameters": listed, "responses": {"200": {"description": "ok"}}}
            | ({"requestBody": body} if method == "post" else {})
            for method, (name, listed) in item.items()
        }
        for path, item in operations.items()
    }
    return json.dumps({"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths})


def hostile_values() -> Any:
    """The targets and field values of the cases, whole and in pieces, as they are and decoded."""
    found = set()
    for case in json.loads(CASES.read_text())["cases"]:
        for sent in case.get("send", ()) if case["group"] in GROUPS else ():
            lines = base64.b64decode(sent.get("b64", "")).split(b"\r\n") if isinstance(sent, dict) else []
            for number, line in enumerate(lines[:12]):
                word = line.split(b" ")[1] if not number and line.count(b" ") > 1 else line.partition(b":")[2].strip()
                for piece in (word, word.removeprefix(b"/pets/"), word.partition(b"?")[2]):
                    found |= {piece[:600], unquote_to_bytes(piece[:600])}
    return sorted(value.decode(errors="replace") for value in found if value)


class McpClient:
    """Calls tools on one connection."""

    def __init__(self, port: Any) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=BOUND_S)

    def call(self, name: Any, arguments: Any) -> Any:
        message = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "tools/call",
            "params": {"name": name, "arguments": arguments},
        }
        fields = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
        self._connection.request("POST", "/mcp", json.dumps(message), fields)
        answer = self._connection.getresponse()
        text = answer.read().decode()
        assert answer.status == 200, text
        assert not any(key in text for key in KEYS.values())
        return json.loads(text)["result"]

    def close(self) -> None:
        self._connection.close()


def echo(request: Any) -> Any:
    told = json.dumps(
        {"target": request.target, "fields": request.fields, "body": request.body.decode(errors="replace")}
    ).encode()
    return ECHO % (len(told), told)


class Anything(dict[str, Any]):
    def get(self, key: Any, default: Any = None) -> Any:
        return echo


@pytest.mark.parametrize("front", ["connection", "asgi"])
def test_no_attack_as_an_argument_reaches_another_operation_or_shows_a_secret(front: Any, scripted: Any) -> None:
    gateway = scripted(config, document(), KEYS, front)
    gateway.upstream.script = Anything()
    client = McpClient(gateway.port)
    sent = 0
    try:
        for value in hostile_values():
            for name, arguments in (
                ("getPet", {"petId": value}),
                ("listPets", {"tag": value, "X-Note": value.strip()}),
                ("listPets", {"free": {value: value}}),
                ("addPet", {"body": {value: value}}),
            ):
                gateway.upstream.requests.clear()
                result = client.call(name, arguments)
                requests = list(gateway.upstream.requests)
                assert len(requests) <= 1
                assert result["isError"] or requests
                for request in requests:
                    sent += 1
                    assert_is_call_of(name, request)
    finally:
        client.close()
    assert sent > 200


def assert_is_call_of(name: Any, request: Any) -> None:
    method, path = {
        "getPet": ("GET", r"/pets/[^/]+"),
        "listPets": ("GET", "/pets"),
        "addPet": ("POST", "/pets"),
    }[name]
    assert request.method == method
    assert re.fullmatch(path, request.path)
    pairs = [pair.partition("=") for pair in request.target.partition("?")[2].split("&")]
    keys = [value for key, _, value in pairs if re.sub("[-_.]", "", key.lower()) == "apikey"]
    assert keys == [KEYS["A_QUERY"]]
    fields = [value for key, value in request.fields if re.sub("[-_.]", "", key) == "xapikey"]
    assert fields == [KEYS["A_HEADER"]]
    names = [key for key, _ in request.fields]
    assert len(names) == len(set(names))
    assert not {"authorization", "transfer-encoding", "x-http-method-override", "x-original-url"} & set(names)
