from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response

from plugin_gateway.callers.authentication import Authentication
from plugin_gateway.endpoints.cors import allowed_origin, mark, preflight
from plugin_gateway.gate.permit import OperationRule
from plugin_gateway.publish.face import build_face
from plugin_gateway.revision.mcp import McpSettings
from tests.narrow import stand_in

CHATGPT = "https://chatgpt.com"
APP = "https://app.example"


class Callers:
    authentication = None


class Revision:
    callers = Callers()
    faces = {  # noqa: RUF012  # it stands for a value
        "/mcp/server-card": build_face("application/mcp-server-card+json", b"{}"),
        "/.well-known/oauth-protected-resource/mcp": build_face("application/json", b"{}"),
    }
    cors_origins: tuple[str, ...] = (CHATGPT, "https://chat.openai.com")
    mcp: McpSettings | None = McpSettings(origins=frozenset({CHATGPT, APP}), hosts=frozenset({"gw.example"}))
    rules: tuple[OperationRule, ...] = (
        OperationRule(method="GET", path_template="/pets", operation_id="a", header_names=frozenset({b"x-tenant"})),
        OperationRule(method="POST", path_template="/pets", operation_id="b"),
    )


class Login(Revision):
    class callers:  # noqa: N801  # it stands for a value
        authentication = Authentication(
            kind="service_http", scheme=b"bearer", challenge=b"Bearer", has_public_documents=False
        )


class LoginOfOthers(Login):
    rules = (OperationRule(method="QUERY", path_template="/x", operation_id="c", header_names=frozenset({b"x-other"})),)


class Closed(Revision):
    cors_origins = ()


class WithoutMcp(Revision):
    mcp = None


def request(path: str = "/x", **headers: str) -> Request:
    pairs = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    return Request({"type": "http", "method": "OPTIONS", "path": path, "raw_path": path.encode(), "headers": pairs})


def ask(revision: Any = Revision, **headers: str) -> Response:
    return preflight(request(**headers), revision())


def test_an_allowed_page_may_send_what_chatgpt_and_the_operations_need() -> None:
    headers = ask(origin=CHATGPT, access_control_request_method="POST").headers
    assert headers["access-control-allow-origin"] == CHATGPT
    assert headers["access-control-allow-methods"] == "GET, HEAD, OPTIONS, POST"
    fields = headers["access-control-allow-headers"].split(", ")
    assert {"content-type", "authorization", "openai-conversation-id", "openai-ephemeral-user-id", "x-tenant"} <= {
        *fields
    }
    assert "access-control-allow-credentials" not in headers


PREFLIGHTS = [
    {"access_control_request_method": "GET"},
    {"access_control_request_method": "QUERY"},
    {"access_control_request_method": "POST", "access_control_request_headers": "x-tenant,authorization"},
    {"access_control_request_method": "POST", "access_control_request_headers": "x-other"},
]


@pytest.mark.parametrize("asked", PREFLIGHTS)
def test_if_the_document_requires_a_login_a_preflight_reveals_no_operation(asked: dict[str, str]) -> None:
    mine, others = (ask(revision, origin=CHATGPT, **asked) for revision in (Login, LoginOfOthers))
    assert mine.raw_headers == others.raw_headers
    asked_for = asked.get("access_control_request_headers", "")
    assert ("x-tenant" in str(mine.headers)) is ("x-tenant" in asked_for)


def test_if_the_document_requires_a_login_a_page_may_send_every_field_that_it_asks_for() -> None:
    headers = ask(
        Login,
        origin=CHATGPT,
        access_control_request_method="PATCH",
        access_control_request_headers="X-Tenant, bad name,,x\u00e4",
    ).headers
    assert "PATCH" in headers["access-control-allow-methods"].split(", ")
    fields = headers["access-control-allow-headers"].split(", ")
    assert "x-tenant" in fields
    assert "authorization" in fields
    assert all(name.isascii() and " " not in name for name in fields)
    evil = ask(Login, origin="https://evil.test", access_control_request_method="PATCH").headers
    assert not [name for name in evil if name.startswith("access-control")]


def test_a_public_page_may_reach_a_gateway_on_localhost_when_it_asks() -> None:
    asked: dict[str, Any] = {"origin": CHATGPT, "access_control_request_method": "GET"}
    answered = ask(**asked, access_control_request_private_network="true").headers
    assert answered["access-control-allow-private-network"] == "true"
    assert "access-control-allow-private-network" not in ask(**asked).headers


@pytest.mark.parametrize(
    "origin",
    ["https://evil.test", "null", "https://chatgpt.com.evil.test", "http://chatgpt.com", "https://CHATGPT.com", ""],
)
@pytest.mark.parametrize("revision", [Revision, Closed])
def test_no_other_origin_is_let_in_or_reflected(origin: str, revision: type[Any]) -> None:
    headers = ask(revision, origin=origin, access_control_request_method="GET").headers
    assert not [name for name in headers if name.startswith("access-control")]
    marked = mark(Response(b""), request(origin=origin), revision())
    assert "access-control-allow-origin" not in marked.headers


def test_the_answer_to_a_plain_options_request_has_no_cors_fields_and_no_methods() -> None:
    response = ask(origin=CHATGPT)
    assert response.status_code == 204
    assert "allow" not in response.headers
    assert "access-control-allow-origin" not in response.headers


def test_a_preflight_gets_the_same_answer_for_every_path_without_a_credential() -> None:
    asked = {"origin": CHATGPT, "access_control_request_method": "DELETE"}
    known, unknown = request(**asked), request(**asked)
    unknown.scope["path"] = "/admin/users"
    assert preflight(known, stand_in(Revision())).headers == preflight(unknown, stand_in(Revision())).headers


def test_caches_keep_the_answers_to_different_origins_apart() -> None:
    assert "Origin" in ask(origin="https://evil.test").headers["vary"]
    assert "Origin" in mark(Response(b""), request(), stand_in(Revision())).headers["vary"]
    assert "vary" not in ask(Closed).headers
    assert "vary" not in mark(Response(b""), request(origin=CHATGPT), stand_in(Closed())).headers


def test_an_allowed_page_may_read_an_answer() -> None:
    marked = mark(Response(b"", headers={"Vary": "Accept-Encoding"}), request(origin=CHATGPT), stand_in(Revision()))
    assert marked.headers["access-control-allow-origin"] == CHATGPT
    assert marked.headers["vary"] == "Accept-Encoding, Origin"


@pytest.mark.parametrize(
    ("origin", "allowed", "said"),
    [
        ("https://a.test", ["*"], "*"),
        ("null", ["*"], None),
        (None, ["*"], None),
        ("https://a.test", ["https://a.test", "*"], "https://a.test"),
    ],
)
def test_a_wildcard_lets_every_named_origin_in(origin: str | None, allowed: list[str], said: str | None) -> None:
    assert allowed_origin(origin, allowed) == said


@pytest.mark.parametrize("revision", [Revision, Closed])
@pytest.mark.parametrize("path", Revision.faces)
def test_every_page_may_read_the_server_card_and_where_to_log_in(revision: type[Any], path: str) -> None:
    card = request(path, origin="https://stranger.example", access_control_request_method="GET")
    assert preflight(card, revision()).headers["access-control-allow-origin"] == "*"
    # SDKs send it when they read the metadata.
    assert "MCP-Protocol-Version" in preflight(card, revision()).headers["access-control-allow-headers"]
    assert mark(Response(), card, revision()).headers["access-control-allow-origin"] == "*"
    other = request("/x", origin="https://stranger.example", access_control_request_method="GET")
    assert "access-control-allow-origin" not in preflight(other, revision()).headers


def ask_mcp(host: str, origin: str, revision: type[Any] = Revision, path: str = "/mcp", **more: str) -> Response:
    asked = {"access_control_request_method": "POST", "access_control_request_headers": "mcp-param-region, MCP-Name"}
    return preflight(request(path, host=host, origin=origin, **asked, **more), revision())


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("gw.example", APP),
        ("gw.example", CHATGPT),
        ("localhost:8080", "http://localhost:6274"),
        ("127.0.0.1", "http://[::1]:1"),
    ],
)
@pytest.mark.parametrize("revision", [Revision, Login, Closed])
def test_a_page_that_may_call_the_mcp_endpoint_may_send_the_fields_of_the_protocol(
    host: str, origin: str, revision: type[Any]
) -> None:
    headers = ask_mcp(host, origin, revision).headers
    assert headers["access-control-allow-origin"] == origin
    assert headers["access-control-allow-methods"] == "DELETE, GET, POST"
    fields = {*headers["access-control-allow-headers"].split(", ")}
    assert {
        "authorization",
        "content-type",
        "mcp-protocol-version",
        "mcp-method",
        "mcp-name",
        "mcp-param-region",
    } <= fields
    assert "Origin" in headers["vary"]


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("gw.example", "https://evil.example"),
        ("gw.example", "http://localhost:6274"),
        ("evil.example", "http://localhost:6274"),
        ("evil.example", APP),
        ("gw.example", "null"),
        ("gw.example", ""),
    ],
)
def test_another_page_may_not_call_the_mcp_endpoint(host: str, origin: str) -> None:
    response = ask_mcp(host, origin)
    assert response.status_code == 204
    assert not any(name.startswith("access-control") for name in response.headers)


def test_the_pages_of_the_mcp_endpoint_may_call_nothing_else() -> None:
    assert "access-control-allow-origin" not in ask_mcp("gw.example", APP, path="/mcp/x").headers
    assert "access-control-allow-origin" not in ask_mcp("gw.example", APP, WithoutMcp).headers


def test_a_public_page_may_call_the_mcp_endpoint_of_this_machine() -> None:
    asked = ask_mcp("localhost", APP, access_control_request_private_network="true")
    assert asked.headers["access-control-allow-private-network"] == "true"
