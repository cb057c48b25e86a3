import pytest
from starlette.requests import Request
from starlette.responses import Response

from plugin_gateway.endpoints.cors import allowed_origin, mark, preflight
from plugin_gateway.policy.permit import OperationRule

CHATGPT = "https://chatgpt.com"


class Revision:
    cors_origins = (CHATGPT, "https://chat.openai.com")
    rules = (
        OperationRule(method="GET", path_template="/pets", operation_id="a", header_names=frozenset({b"x-tenant"})),
        OperationRule(method="POST", path_template="/pets", operation_id="b"),
    )


class Closed(Revision):
    cors_origins = ()


def request(**headers):
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "OPTIONS", "path": "/x", "headers": pairs})


def ask(revision=Revision, **headers):
    return preflight(request(**headers), revision())


def test_an_allowed_page_may_send_what_chatgpt_and_the_operations_need():
    headers = ask(origin=CHATGPT, access_control_request_method="POST").headers
    assert headers["access-control-allow-origin"] == CHATGPT
    assert headers["access-control-allow-methods"] == "GET, HEAD, OPTIONS, POST"
    fields = headers["access-control-allow-headers"].split(", ")
    assert {"content-type", "authorization", "openai-conversation-id", "openai-ephemeral-user-id", "x-tenant"} <= {
        *fields
    }
    assert "access-control-allow-credentials" not in headers


def test_a_public_page_may_reach_a_gateway_on_localhost_when_it_asks():
    asked = {"origin": CHATGPT, "access_control_request_method": "GET"}
    answered = ask(**asked, access_control_request_private_network="true").headers
    assert answered["access-control-allow-private-network"] == "true"
    assert "access-control-allow-private-network" not in ask(**asked).headers


@pytest.mark.parametrize(
    "origin",
    ["https://evil.test", "null", "https://chatgpt.com.evil.test", "http://chatgpt.com", "https://CHATGPT.com", ""],
)
@pytest.mark.parametrize("revision", [Revision, Closed])
def test_no_other_origin_is_let_in_or_reflected(origin, revision):
    headers = ask(revision, origin=origin, access_control_request_method="GET").headers
    assert not [name for name in headers if name.startswith("access-control")]
    marked = mark(Response(b""), request(origin=origin), revision())
    assert "access-control-allow-origin" not in marked.headers


def test_a_plain_options_request_is_answered_without_cross_origin_fields_and_tells_of_no_methods():
    response = ask(origin=CHATGPT)
    assert response.status_code == 204
    assert "allow" not in response.headers
    assert "access-control-allow-origin" not in response.headers


def test_preflights_say_the_same_for_every_path_and_ask_for_no_credential():
    asked = {"origin": CHATGPT, "access_control_request_method": "DELETE"}
    known, unknown = request(**asked), request(**asked)
    unknown.scope["path"] = "/admin/users"
    assert preflight(known, Revision()).headers == preflight(unknown, Revision()).headers


def test_caches_keep_the_answers_to_different_origins_apart():
    assert "Origin" in ask(origin="https://evil.test").headers["vary"]
    assert "Origin" in mark(Response(b""), request(), Revision()).headers["vary"]
    assert "vary" not in ask(Closed).headers
    assert "vary" not in mark(Response(b""), request(origin=CHATGPT), Closed()).headers


def test_an_allowed_page_may_read_an_answer():
    marked = mark(Response(b"", headers={"Vary": "Accept-Encoding"}), request(origin=CHATGPT), Revision())
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
def test_a_wildcard_lets_every_named_origin_in(origin, allowed, said):
    assert allowed_origin(origin, allowed) == said
