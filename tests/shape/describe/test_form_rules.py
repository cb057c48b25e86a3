"""`request` changes the fields of forms, and each pointer that names no field is a located error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from plugin_gateway.config.trims import RequestTrim
from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.refusal import Refusal
from plugin_gateway.shape.compile import ShapedDocument, compile_shapes
from plugin_gateway.shape.settings import OperationSettings

if TYPE_CHECKING:
    from plugin_gateway.diagnostics import Finding

KEY = OperationKey("POST", "/uploads")
URLENCODED, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
SCHEMA = {
    "type": "object",
    "properties": {
        "title": {"type": "string"},
        "count": {"type": "integer"},
        "tenant": {"type": "string"},
        'a"b': {"type": "string"},
        "card": {"type": "object", "properties": {"cvc": {"type": "string"}, "owner": {"type": "string"}}},
        "tags": {"type": "array", "items": {"type": "string"}},
    },
}


AS_JSON = {"card": {"contentType": "application/json"}}
AS_PAIRS = {"card": {"style": "deepObject", "explode": True}}


def shaped(request: dict[str, Any], *types: str, encoding: dict[str, Any] | None = None) -> ShapedDocument:
    content = {one: {"schema": SCHEMA, "encoding": encoding or {}} for one in types}
    root = {"openapi": "3.1.0", "info": {}, "paths": {"/uploads": {"post": {"requestBody": {"content": content}, "responses": {}}}}}  # fmt: skip
    settings = OperationSettings(entry=3, request=RequestTrim.parse(request), validates_request="enforce")
    return compile_shapes(Document(root=root, name="d"), {KEY: settings})


def found(request: dict[str, Any], *types: str) -> list[Finding]:
    return [one for one in shaped(request, *types).findings if one.rule == "cannot-trim"]


def sent(
    request: dict[str, Any],
    text: bytes,
    media_type: bytes = b"multipart/form-data; boundary=b",
    encoding: dict[str, Any] | None = None,
) -> Any:
    shape = shaped(request, MULTIPART, URLENCODED, encoding=encoding).shapes[KEY].body
    assert shape is not None
    written = shape.write(media_type, text)
    return written.members["errors"] if isinstance(written, Refusal) else written.body


def multipart(*fields: tuple[str, str]) -> bytes:
    head = 'Content-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
    return ("".join("--b\r\n" + head.format(*field) for field in fields) + "--b--\r\n").encode()


def test_the_parts_of_a_multipart_body_are_judged_removed_and_set() -> None:
    request = {"drop": ["/count"], "fixed": {"/tenant": "acme", "/tags": ["x", "y"]}}
    came = multipart(("title", "a"), ("count", "5"), ("tenant", "evil"))
    assert sent(request, came) == multipart(("title", "a"), ("tenant", "acme"), ("tags", "x"), ("tags", "y"))
    assert sent(request, b"title=a&count=5&tenant=evil", URLENCODED.encode()) == b"title=a&tenant=acme&tags=x&tags=y"
    assert sent({"drop": ["/tenant"]}, multipart(("count", "x"))) == [
        {"pointer": "/count", "detail": "expected integer, got string"}
    ]


def test_two_boundaries_are_refused_where_parts_are_changed() -> None:
    [error] = sent({"drop": ["/count"]}, multipart(("title", "a")), b"multipart/form-data; boundary=b; boundary=c")
    assert error["pointer"] == ""


@pytest.mark.parametrize("type_", [URLENCODED, MULTIPART])
@pytest.mark.parametrize(
    ("request_", "place", "message", "hint"),
    [
        ({"drop": ["/title", "/card/cvc"]}, ("drop", 1), "`/card/cvc` leads into a field", "name the whole field, `/card`"),
        ({"keep": ["/card/cvc"]}, ("keep", 0), "`/card/cvc` leads into a field", "name the whole field, `/card`"),
        ({"fixed": {"/card/cvc": "1"}}, ("fixed", "/card/cvc"), "`/card/cvc` leads into a field", "name the whole field, `/card`"),
        ({"fixed": {"/card": {"cvc": "1"}}}, ("fixed", "/card"), "the value of `/card` has members or inner lists", "set a text, a number, a boolean or a list of these"),
        ({"keep": ["/*"]}, ("keep", 0), "`/*` names no field", "name each field"),
    ],
)  # fmt: skip
def test_a_pointer_that_names_no_field_is_an_error_at_its_place(
    type_: str, request_: dict[str, Any], place: tuple[str | int, ...], message: str, hint: str
) -> None:
    [finding] = found(request_, type_)
    assert finding.pointer == ("allow", 3, "request", *place)
    assert finding.message.startswith(f"{message}, and `POST /uploads` takes {type_}: ")
    assert finding.hint == hint


def test_a_name_that_servers_read_in_different_ways_cannot_be_set_in_a_multipart_body() -> None:
    [finding] = found({"fixed": {'/a"b': "x"}}, MULTIPART)
    assert finding.pointer == ("allow", 3, "request", "fixed", '/a"b')
    assert found({"fixed": {'/a"b': "x"}}, URLENCODED) == []


FORM = URLENCODED.encode()


@pytest.mark.parametrize(
    ("request_", "encoding", "came", "goes"),
    [
        ({"drop": ["/card/cvc"]}, AS_JSON, b'card={"owner":"a","CVC":"1"}', b"card=%7B%22owner%22%3A%22a%22%7D"),
        ({"drop": ["/card/cvc"]}, AS_JSON, b'card={"owner":"a"}', b'card={"owner":"a"}'),
        ({"keep": ["/card/owner"]}, AS_JSON, b'title=a&card={"cvc":"1"}', b"card=%7B%7D"),
        ({"fixed": {"/card/cvc": "1"}}, AS_JSON, b"title=a", b"title=a&card=%7B%22cvc%22%3A%221%22%7D"),
        ({"fixed": {"/card": {"cvc": "1"}}}, AS_JSON, b"card={}", b"card=%7B%22cvc%22%3A%221%22%7D"),
        ({"drop": ["/card/cvc"]}, AS_PAIRS, b"card[owner]=a&card%5Bcvc%5D=1&card[CVC]=1&card[cvc][]=1", b"card[owner]=a"),
        ({"keep": ["/card/owner"]}, AS_PAIRS, b"title=a&card[cvc]=1&card[owner]=a", b"card[owner]=a"),
        ({"fixed": {"/card/cvc": "1"}}, AS_PAIRS, b"card[cvc]=2&title=a", b"title=a&card%5Bcvc%5D=1"),
        ({"fixed": {"/card": {"cvc": "1"}}}, AS_PAIRS, b"card[owner]=2&title=a", b"title=a&card%5Bcvc%5D=1"),
    ],
)  # fmt: skip
def test_members_of_a_field_go_where_its_encoding_says_how_it_is_written(
    request_: dict[str, Any], encoding: dict[str, Any], came: bytes, goes: bytes
) -> None:
    assert shaped(request_, URLENCODED, MULTIPART, encoding=encoding).findings == ()
    assert sent(request_, came, FORM, encoding) == goes


@pytest.mark.parametrize(
    ("encoding", "pair"),
    [
        (AS_JSON, "card[cvc]=1"),
        (AS_JSON, "card.cvc=1"),
        (AS_JSON, "Card={}"),
        (AS_JSON, 'card={"cvc":1,"cvc":2}'),
        (AS_JSON, 'card=[{"cvc":1}]'),
        (AS_PAIRS, 'card={"cvc":1}'),
        (AS_PAIRS, "card.cvc=1"),
        (AS_PAIRS, "card[cvc=1"),
        (AS_PAIRS, "card[c.vc]=1"),
        (AS_PAIRS, "card[0][cvc]=1"),
        (AS_PAIRS, "card[][cvc]=1"),
        (AS_PAIRS, "CARD[cvc]=1"),
        (AS_PAIRS, "_card[cvc]=1"),
    ],
)
def test_no_other_spelling_of_such_a_field_goes_up(encoding: dict[str, Any], pair: str) -> None:
    [error] = sent({"drop": ["/card/cvc"]}, f"title=a&{pair}".encode(), FORM, encoding)
    assert error["pointer"].startswith("/card")
    assert "1" not in error["detail"]


def test_the_encoding_of_a_field_that_is_cut_stays_in_the_document() -> None:
    for request in ({"keep": ["/card/cvc"]}, {"drop": ["/card/cvc"]}):
        content = shaped(request, URLENCODED, encoding=AS_JSON).document.root["paths"]["/uploads"]["post"]["requestBody"]["content"]  # fmt: skip
        assert content[URLENCODED]["encoding"] == AS_JSON


def test_a_fixed_member_that_no_form_can_hold_is_an_error_at_its_place() -> None:
    for encoding in (AS_JSON, AS_PAIRS):
        named = {'a"b': encoding["card"]}
        request = {"fixed": {'/a"b/c': "x"}}
        schema = {"type": "object", "properties": {'a"b': {"type": "object", "properties": {"c": {}}}}}
        content = {MULTIPART: {"schema": schema, "encoding": named}}
        root = {"openapi": "3.1.0", "info": {}, "paths": {"/uploads": {"post": {"requestBody": {"content": content}, "responses": {}}}}}  # fmt: skip
        settings = OperationSettings(entry=3, request=RequestTrim.parse(request))
        [finding] = compile_shapes(Document(root=root, name="d"), {KEY: settings}).findings
        assert (finding.rule, finding.pointer) == ("cannot-trim", ("allow", 3, "request", "fixed", '/a"b/c'))
