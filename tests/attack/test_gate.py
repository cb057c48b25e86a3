"""Hostile callers against a running gateway: no spelling of a path, a body or a method reaches a denied operation."""

import gzip
import itertools
import json
import unicodedata
import zlib
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote

import pytest

from tests.attack.conftest import Gateway

DENIED_WORDS = ("mine", "kiosk", "office-pass", "straße", "οδός", "İstanbul", "ﬁles")
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
FORM = "application/x-www-form-urlencoded"
TOKENS = {"A_TOKEN": "token-of-a-4711", "B_TOKEN": "token-of-b-4711"}


def config(port: int) -> str:
    return json.dumps(
        {
            "openapi": "openapi.json",
            "upstream": {"url": f"http://127.0.0.1:{port}/base"},
            "allow": [
                "getPet",
                "listToys",
                "tagPet",
                "getMeta",
                "findPets",
                "addPet",
                "getFile",
                {"operation": "getNode", "parameters": {"path": {"slashes": "allowed"}}},
            ],
            "log": {"level": "error"},
        }
    )


def config_of_consumers(port: int) -> str:
    base = json.loads(config(port))
    base["auth"] = {
        "type": "service_http",
        "tokens": [{"name": name, "env": f"{name.upper()}_TOKEN"} for name in ("a", "b")],
    }
    base["consumers"] = [
        {"name": "a", "match": {"token": "a"}, "allow": ["getPet"]},
        {"name": "b", "match": {"token": "b"}, "allow": ["getFile"]},
    ]
    return json.dumps(base)


def parameter(name: str, place: str = "path") -> dict[str, Any]:
    return {"name": name, "in": place, "required": place == "path", "schema": {"type": "string"}}


def operation(name: str, *parameters: dict[str, Any], types: tuple[str, ...] = ()) -> dict[str, Any]:
    described = {"operationId": name, "parameters": list(parameters), "responses": {"200": {"description": "ok"}}}
    if types:
        described["requestBody"] = {"content": {kind: {"schema": {"type": "object"}} for kind in types}}
    return described


PATHS = {
    "/pets/{id}": {
        "get": operation("getPet", parameter("id")),
        "post": operation("tagPet", parameter("id"), types=("application/json", FORM, "multipart/form-data")),
        "delete": operation("deletePet", parameter("id")),
    },
    "/pets/{id}/toys": {"get": operation("listToys", parameter("id"))},
    "/docs/export": {"get": operation("exportDocs")},
    "/docs/{name}/meta": {"get": operation("getMeta", parameter("name"))},
    "/files/{name}": {"get": operation("getFile", parameter("name"))},
    "/files/mine": {"get": operation("getMyFile")},
    "/tree/{path}": {"get": operation("getNode", parameter("path"))},
    "/tree/private/keys": {"get": operation("getKeys")},
    "/?Action=FindPets": {"get": operation("findPets", parameter("name", "query"))},
    "/?Action=DropPets": {"get": operation("dropPets"), "post": operation("dropPetsBy")},
    "/?Action=AddPet": {"post": operation("addPet", types=("application/json", FORM, "multipart/form-data"))},
} | {f"/pets/{word}": {"get": operation(f"denied{number}")} for number, word in enumerate(DENIED_WORDS)}
DOCUMENT = json.dumps({"openapi": "3.0.3", "info": {"title": "Pets", "version": "1"}, "paths": PATHS})


class Recording(dict[str, Any]):
    """Answers every path."""

    def get(self, path: str, default: Any = None) -> Any:
        return super().get(path, OK)


@pytest.fixture(scope="module", params=["connection", "asgi"])
def gateway(request: pytest.FixtureRequest, scripted: Callable[..., Gateway]) -> Gateway:
    gateway = scripted(config, DOCUMENT, {}, request.param)
    gateway.upstream.script = Recording()
    return gateway


@pytest.fixture(scope="module", params=["connection", "asgi"])
def shared_gateway(request: pytest.FixtureRequest, scripted: Callable[..., Gateway]) -> Gateway:
    gateway = scripted(config_of_consumers, DOCUMENT, TOKENS, request.param)
    gateway.upstream.script = Recording()
    return gateway


def ask_all(gateway: Gateway, requests: Iterable[Any]) -> list[str]:
    """Send many requests over few connections and return the targets that went upstream."""
    gateway.upstream.requests.clear()
    requests = list(requests)
    for at in range(0, len(requests), 100):
        batch = requests[at : at + 100]
        heads = [f"{request} HTTP/1.1\r\nHost: a\r\n\r\n" for request in batch[:-1]]
        answered = gateway.ask(
            "".join((*heads, f"{batch[-1]} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")).encode()
        )
        assert answered.count(b"HTTP/1.1 ") >= len(batch), answered[-300:]
    return [request.target for request in gateway.upstream.requests]


def mapped(text: str) -> set[str]:
    """Every text that a runtime's mapping of case may make of a text, Turkic ones included; simple ones go by character."""
    turkic = (text.replace("I", "\u0131").replace("\u0130", "i"), text.replace("i", "\u0130").replace("\u0131", "I"))
    simple = (
        "".join(low if len(low := c.lower()) == 1 else c for c in text).replace("\u0130", "i"),
        "".join(up if len(up := c.upper()) == 1 else c for c in text),
    )
    once = {text, *turkic, *simple}
    return {
        made
        for one in once
        for made in (one, one.lower(), one.upper(), one.casefold(), one.title(), one.upper().lower())
    }


def same_letters() -> dict[str, set[str]]:
    """By folded letters: the characters, and pairs of them, that some mapping makes the same."""
    groups: dict[str, set[str]] = {}
    for code in itertools.chain(range(0x41, 0x3000), range(0xA640, 0xAC00), range(0xFB00, 0xFB20)):
        c = chr(code)
        if unicodedata.category(c) in {"Lu", "Ll", "Lt", "Lm", "Nl", "Mn"}:
            for made in mapped(c):
                groups.setdefault(made.casefold(), set()).add(c)
    return groups


def test_no_letter_that_case_mapping_makes_equal_reaches_a_denied_operation(gateway: Gateway) -> None:
    groups = same_letters()
    paths = set()
    for word in DENIED_WORDS:
        paths |= {made for made in mapped(word) if made}
        for at, length in itertools.product(range(len(word)), (1, 2, 3)):
            piece = word[at : at + length]
            for key in {made.casefold() for made in mapped(piece)}:
                paths |= {word[:at] + other + word[at + length :] for other in groups.get(key, ())}
    went = ask_all(gateway, (f"GET /pets/{quote(path)}" for path in sorted(paths)))
    assert {
        "/pets/m%C4%B0ne",
        "/pets/m%C4%B1ne",
        "/pets/%E2%84%AAiosk",
        "/pets/kio%C5%BFk",
        "/pets/stra%E1%BA%9Ee",
    } <= {f"/pets/{quote(path)}" for path in paths}
    assert went == []


def test_names_that_only_look_alike_in_part_still_pass(gateway: Gateway) -> None:
    names = ("m\u0130n", "\u0131", "k\u0131osks", "stra\u00dfen", "mineral", "\u0130zmir", "Gr\u00f6\u00dfe", "fil")
    paths = [f"/pets/{quote(name)}" for name in names]
    assert ask_all(gateway, (f"GET {path}" for path in paths)) == [f"/base{path}" for path in paths]


PART = "--b\r\nContent-Disposition: form-data; {}\r\n\r\nDELETE\r\n--b--\r\n"
OVERRIDES = [
    (FORM, "_method=DELETE"),
    (FORM, "name=x&_method=DELETE"),
    (FORM, "%5fmethod=DELETE"),
    (FORM, "%5F%6D%65thod=DELETE&x=1"),
    (FORM, "_METHOD=DELETE"),
    (FORM, ".method=DELETE"),  # PHP makes `_` of `.`
    (FORM, "+_method=DELETE"),
    (FORM, "_method%00x=DELETE"),
    (FORM, "_method[]=DELETE"),
    (FORM + "; charset=utf-8", "_method=DELETE"),
    (FORM.upper(), "_method=DELETE"),
    ("application/json", '{"_method": "DELETE"}'),
    ("application/json", '{"a": {"b": 1}, "_method": "DELETE"}'),
    ("application/json", '{"\\u005fmethod": "DELETE"}'),
    ("application/json", '{"_m\\u0065thod": "DELETE"}'),
    ("Application/JSON; charset=utf-8", '{"_method": "DELETE"}'),
    ("application/json", '{"_method": "x", "_method": "DELETE"}'),
    ("application/json", '\ufeff{"_method": "DELETE"}'),
    ("application/json", '{"_method": "DELETE"}'.encode("utf-16")),
    ("application/json", '{"_method": "DELETE"}'.encode("utf-16-le")),
    ("application/json; charset=utf-16", '{"_method": "DELETE"}'.encode("utf-16-be")),
    ("application/json; charset=utf-32", '{"_method": "DELETE"}'.encode("utf-32")),
    ("application/json; charset=ibm037", '{"_method": "DELETE"}'.encode("cp037")),
    (FORM + "; charset=utf-16", "_method=DELETE".encode("utf-16")),
    (FORM, "x=1;_method=DELETE"),
    (FORM, "x=1&&&_method=DELETE&"),
    (FORM, "&" * 2000 + "_method=DELETE"),
    (FORM, "x=" + "y" * 70_000 + "&_method=DELETE"),
    ("application/json", '{"x": "' + "y" * 70_000 + '", "_method": "DELETE"}'),
    ("multipart/form-data; boundary=b", PART.format('name="_method"')),
    ("multipart/form-data; boundary=b", PART.format("name=_method")),
    ("multipart/form-data; boundary=b", PART.format('name="_method"').replace("\r\n", "\n")),
    ("multipart/form-data; boundary=b", PART.format("name*=utf-8''_method")),
    ("multipart/form-data; boundary=b", PART.format("name*=utf-8''%5Fmethod")),
    ("multipart/form-data; boundary=b", PART.format('name*0="_met"; name*1="hod"')),
    ("multipart/form-data; boundary=b", PART.format('name="x";\r\n name="_method"')),
    ("multipart/form-data; boundary=b", PART.format('filename="f"; name="_method"')),
    ("multipart/form-data; boundary=b", PART.format('name="x"; name=_method')),
    ("multipart/form-data; boundary=b", PART.format('name="x"')[:-7] + "\r\n" + PART.format('name="_method"')),
    ("multipart/form-data", PART.format('name="_method"')),
    ("multipart/form-data; boundary=c; boundary=b", PART.format('name="_method"')),
    ('multipart/form-data; boundary="b"', "preamble\r\n" + PART.format('NAME="_method"')),
]


@pytest.mark.parametrize(
    ("kind", "body"), OVERRIDES, ids=[f"{number} {kind}" for number, (kind, _) in enumerate(OVERRIDES)]
)
@pytest.mark.parametrize("way", ["framed", "chunked", "byte by byte"])
def test_a_method_in_a_body_is_refused_as_one_in_a_field_is(
    gateway: Gateway, kind: str, body: bytes | str, way: str
) -> None:
    gateway.upstream.requests.clear()
    head = f"POST /pets/7 HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: {kind}\r\n"
    octets = body.encode() if isinstance(body, str) else body
    if way == "framed":
        sent = f"{head}Content-Length: {len(octets)}\r\n\r\n".encode() + octets
    else:
        size = 1 if way == "byte by byte" else len(octets) // 2
        pieces = [octets[at : at + size] for at in range(0, len(octets), size)]
        chunks = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
        sent = f"{head}Transfer-Encoding: chunked\r\n\r\n".encode() + chunks + b"0\r\n\r\n"
    answered = gateway.ask(sent)
    assert answered.startswith(b"HTTP/1.1 4"), answered[:200]
    assert [request for request in gateway.upstream.requests if request.body == octets] == []


@pytest.mark.parametrize("coding", ["gzip", "deflate", "GZIP", "br", "x-unknown", "gzip, gzip"])
def test_a_coding_does_not_hide_the_method_in_a_body(gateway: Gateway, coding: str) -> None:
    gateway.upstream.requests.clear()
    body = zlib.compress(b"_method=DELETE") if coding == "deflate" else gzip.compress(b"_method=DELETE")
    fields = [f"Content-Type: {FORM}", f"Content-Encoding: {coding}"]
    assert gateway.call("/pets/7", "POST", fields, body).status in {400, 415}
    assert [request.body for request in gateway.upstream.requests if request.body] == []


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/xml", "text/json", "application/problem+json", "application/x-yaml", "*/*", "json", ""],
)
def test_a_type_of_body_that_the_operation_does_not_declare_is_refused(gateway: Gateway, kind: str) -> None:
    gateway.upstream.requests.clear()
    fields = [f"Content-Type: {kind}"] if kind else []
    assert gateway.call("/pets/7", "POST", fields, b"_method=DELETE").status == (
        415 if "/" in kind or not kind else 400
    )
    assert gateway.upstream.requests == []


def test_two_types_of_one_body_are_refused(gateway: Gateway) -> None:
    gateway.upstream.requests.clear()
    fields = ["Content-Type: application/json", f"Content-Type: {FORM}"]
    assert gateway.call("/pets/7", "POST", fields, b"_method=DELETE").status in {400, 415}
    assert gateway.upstream.requests == []


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b'{"name": "_method", "method": "DELETE", "a": {"x": "_methods"}}'),
        ("application/json;charset=UTF-8", '{"name": "S\u00e3o"}'.encode()),
        (FORM, b"name=_method&method=DELETE&the_method=1"),
        ("multipart/form-data; boundary=b", PART.format('name="method"').encode()),
    ],
)
def test_honest_bodies_of_declared_types_pass_unchanged(gateway: Gateway, kind: str, body: bytes) -> None:
    gateway.upstream.requests.clear()
    assert gateway.call("/pets/7", "POST", [f"Content-Type: {kind}"], body).status == 200
    assert [request.body for request in gateway.upstream.requests] == [body]


def test_paths_below_a_denied_path_are_denied_because_of_origins_with_path_info(gateway: Gateway) -> None:
    below = (
        "/docs/export/meta", "/docs/EXPORT/meta", "/docs/%65xport/meta", "/pets/mine/toys", "/pets/MINE/toys", "/pets/m%C4%B0ne/toys",
        "/tree/private%2Fkeys", "/tree/private%2Fkeys%2Fx", "/tree/private%2fkeys%2fa%2fb", "/tree/PRIVATE%2FKEYS%2Fx",
    )  # fmt: skip
    assert ask_all(gateway, (f"GET {path}" for path in below)) == []


def test_neighbours_of_a_denied_path_still_pass(gateway: Gateway) -> None:
    beside = [
        "/docs/exports/meta",
        "/docs/a/meta",
        "/pets/mineral/toys",
        "/tree/private%2Fkeyring%2Fx",
        "/tree/a%2Fprivate",
    ]
    assert ask_all(gateway, (f"GET {path}" for path in beside)) == [f"/base{path}" for path in beside]


def test_operations_that_differ_in_their_query_are_distinguished_in_one_reading_only(gateway: Gateway) -> None:
    wrong = (
        "Action=DropPets", "action=DropPets", "Action=FindPets&Action=DropPets", "Action=DropPets&Action=FindPets", "Action=",
        "%41ction=DropPets", "Action=FindPets&%41ction=DropPets", "Action=FindPets&action=DropPets", "Action[]=DropPets",
        "Action=FindPets&Action[]=DropPets", "Action=FindPets&Action%00=DropPets", "Action=FindPets;Action=DropPets", "Action=droppets",
        "Action=FindPets&+Action=DropPets", "Action=FindPets&ACTION=DropPets", "Action=%44ropPets", "Action", "name=x", "",
    )  # fmt: skip
    assert ask_all(gateway, (f"GET /?{query}" for query in wrong)) == []
    good = ["Action=FindPets", "Action=FindPets&name=rex", "name=Action%3DDropPets&Action=FindPets"]
    assert ask_all(gateway, (f"GET /?{query}" for query in good)) == [f"/base/?{query}" for query in good]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (FORM, "name=rex&Action=DropPets"),
        (FORM, "%41CTION[]=DropPets"),
        ("application/json", '{"Action": "DropPets"}'),
        ("application/json", '{Action: "DropPets"}'),
        ("multipart/form-data; boundary=b", PART.format('name="Action"')),
    ],
)
def test_no_field_of_a_body_selects_another_operation(gateway: Gateway, kind: str, body: str) -> None:
    """Rails, Laravel and PHP read a field of the body before the parameter of that name in the query."""
    gateway.upstream.requests.clear()
    answered = gateway.call("/?Action=AddPet", "POST", (f"Content-Type: {kind}",), body.encode())
    assert json.loads(answered.body)["code"] == "parameter-in-body"
    assert gateway.upstream.requests == []


def test_a_body_goes_up_with_the_query_that_selects_its_operation(gateway: Gateway) -> None:
    body = b"name=Action&note=Action%3DDropPets"
    assert gateway.call("/?Action=AddPet", "POST", (f"Content-Type: {FORM}",), body).status == 200
    assert gateway.upstream.requests[-1].body == body


def test_the_view_of_a_consumer_denies_operations_closed_to_all_and_to_it(shared_gateway: Gateway) -> None:
    shared_gateway.upstream.requests.clear()

    def status(path: str, name: str) -> Any:
        return shared_gateway.call(path, fields=[f"Authorization: Bearer {TOKENS[f'{name}_TOKEN']}"]).status

    assert status("/pets/7", "A") == 200
    assert status("/files/7", "B") == 200
    went = len(shared_gateway.upstream.requests)
    for path in ("/pets/mine", "/pets/MINE", "/pets/m%C4%B0ne", "/pets/mine.json", "/files/7", "/docs/a/meta"):
        assert status(path, "A") == 404, path
    for path in ("/files/mine", "/files/Mine", "/files/%6dine", "/files/m%C4%B1ne", "/pets/7", "/tree/a%2Fb"):
        assert status(path, "B") in {400, 404}, path
    assert len(shared_gateway.upstream.requests) == went


@pytest.mark.parametrize("second", ["X-Request-Id: b", "x-request-id: a", "X_Request_Id: b", "X-Request-ID: c, d"])
def test_two_request_ids_become_one(gateway: Gateway, second: str) -> None:
    gateway.upstream.requests.clear()
    answered = gateway.call("/pets/7", fields=["X-Request-Id: a", second])
    (request,) = gateway.upstream.requests
    sent = [value for name, value in request.fields if name.replace("_", "-") == "x-request-id"]
    assert len(sent) <= 1
    assert sum(name == b"x-request-id" for name, _ in answered.fields) <= 1
