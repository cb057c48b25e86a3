import json
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.callers.facade import Facade, build_facade, judge_authorize, judge_token
from plugin_gateway.config.auth import OAuthFacade
from plugin_gateway.refusal import Refusal
from tests.narrow import as_a

CALLBACK = "https://chatgpt.com/aip/g-1a2b/oauth/callback"
OTHER = "https://good.test/cb"
FACADE = build_facade(
    OAuthFacade(
        authorize="https://idp.test/auth?tenant=1",
        token="https://idp.test/token",
        client_ids=("confidential",),
        public_client_ids=("public",),
        chatgpt_ids=("g-1a2b", "plugin-3c4d"),
        redirect_uris=(OTHER,),
    )
)
ANY = Facade(authorize="https://idp.test/auth", token="https://idp.test/token", client_ids=frozenset({"c"}),
             public_client_ids=frozenset(), chatgpt_ids=frozenset({"*"}), redirect_uris=frozenset())  # fmt: skip
ASKED = {
    "response_type": "code",
    "client_id": "confidential",
    "redirect_uri": CALLBACK,
    "state": "s t&=",
    "scope": "read",
}
PKCE: dict[str, Any] = {"code_challenge": "x" * 43, "code_challenge_method": "S256"}
TOKEN = {
    "grant_type": "authorization_code",
    "client_id": "confidential",
    "client_secret": "s",
    "code": "c",
    "redirect_uri": CALLBACK,
}


def authorize(facade: Facade = FACADE, **changes: str | None) -> Refusal | str:
    asked = {key: value for key, value in (ASKED | changes).items() if value is not None}
    return judge_authorize(facade, urlencode(asked).encode())


def test_a_valid_request_goes_to_the_provider_with_its_state_and_no_unknown_parameter() -> None:
    where = urlsplit(as_a(str, authorize(evil="1", response_mode="form_post", **PKCE)))
    assert where.netloc == "idp.test"
    assert dict(parse_qsl(where.query)) == {"tenant": "1", **ASKED, **PKCE}


@pytest.mark.parametrize(
    "uri",
    [
        CALLBACK,
        CALLBACK.replace("chatgpt.com", "chat.openai.com"),
        CALLBACK.replace("g-1a2b", "plugin-3c4d"),
        OTHER,
    ],
)
def test_both_hosts_and_both_kinds_of_callback_are_good(uri: str) -> None:
    assert isinstance(authorize(redirect_uri=uri), str)


BAD_URIS = [
    None, "", "https://evil.test/cb", CALLBACK + "/", CALLBACK + "?x=1", CALLBACK + "#f", CALLBACK.replace("https", "http"),
    CALLBACK.replace("g-1a2b", "g-other"), CALLBACK.replace("g-1a2b", "1a2b"), CALLBACK.upper(), " " + CALLBACK, CALLBACK + "\n",
    CALLBACK.replace("chatgpt.com", "chatgpt.com.evil.test"), CALLBACK.replace("chatgpt.com", "evil.test"),
    CALLBACK.replace("chatgpt.com", "chatgpt.com@evil.test"), CALLBACK.replace("chatgpt.com", "chatgpt.com:443"),
    CALLBACK.replace("chatgpt.com", "x.chatgpt.com"), CALLBACK.replace("chatgpt.com", "chatgptXcom"),
    CALLBACK.replace("g-1a2b", "g-1a2b/../../x"), CALLBACK.replace("oauth", "%6fauth"), "//good.test/cb", "/cb",
    OTHER + "/../../evil", OTHER + "/", OTHER + "?", OTHER.replace("good", "good.test.evil"), OTHER.replace("https", "HTTPS"),
    "javascript:alert(1)", "https://good.test\\@evil.test/cb",
]  # fmt: skip


@pytest.mark.parametrize("uri", BAD_URIS)
@pytest.mark.parametrize("facade", [FACADE, ANY])
def test_no_other_redirect_uri_is_ever_sent_on(uri: str | None, facade: Facade) -> None:
    client = "confidential" if facade is FACADE else "c"
    verdict = authorize(facade, redirect_uri=uri, client_id=client)
    assert isinstance(verdict, Refusal) or (facade is ANY and uri == CALLBACK.replace("g-1a2b", "g-other"))


@given(st.text(max_size=60))
def test_a_registered_uri_with_anything_appended_is_refused(text: str) -> None:
    if text:
        assert not FACADE.allows_redirect(CALLBACK + text)
        assert not FACADE.allows_redirect(OTHER + text)
        assert not ANY.allows_redirect(CALLBACK + text)


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": None},
        {"client_id": "other"},
        {"response_type": None},
        {"response_type": "token"},
        {"response_type": "code token"},
        {"state": None},
        {"state": ""},
        {"state": "a\r\nLocation: x"},
        {"code_challenge": "x" * 43, "code_challenge_method": "plain"},
        {"code_challenge": "x" * 43},
        {"code_challenge_method": "S256"},
        {"code_challenge": "x", "code_challenge_method": "S256"},
        {"client_id": "public"},
        {"scope": "x" * 5000},
    ],
)
def test_the_facade_refuses_requests_that_the_standard_forbids(changes: dict[str, Any]) -> None:
    verdict = authorize(**changes)
    assert isinstance(verdict, Refusal)
    assert verdict.status == 400
    assert verdict.members["error"] in ("invalid_request", "invalid_client")


def test_a_public_client_with_pkce_is_sent_on() -> None:
    assert isinstance(authorize(client_id="public", **PKCE), str)


@pytest.mark.parametrize(
    "more",
    ["&state=2", "&client_id=confidential", "&redirect_uri=https://evil.test", "&%zz", "&\xff", "&a", "&x=1" * 70],
)
def test_a_query_that_can_be_read_in_two_ways_is_refused(more: str) -> None:
    assert isinstance(judge_authorize(FACADE, (urlencode(ASKED) + more).encode("latin-1")), Refusal)


@given(st.binary(max_size=80))
def test_no_query_raises_an_exception(query: bytes) -> None:
    assert isinstance(judge_authorize(FACADE, query), Refusal)


def token(said: dict[str, Any], media_type: str = "application/json", basic: str | None = None) -> Refusal | bytes:
    body = json.dumps(said).encode() if "json" in media_type.lower() else urlencode(said).encode()
    return judge_token(FACADE, media_type, body, basic_client_id=basic)


@pytest.mark.parametrize(
    "media_type", ["application/json", "Application/JSON; charset=utf-8", "application/x-www-form-urlencoded"]
)
def test_a_token_request_in_json_or_as_a_form_is_relayed_as_the_same_form(media_type: str) -> None:
    assert dict(parse_qsl(as_a(bytes, token(TOKEN | {"evil": "1"}, media_type)).decode())) == TOKEN


def test_a_refresh_needs_no_redirect_uri() -> None:
    said = {"grant_type": "refresh_token", "refresh_token": "r", "client_id": "public"}
    assert dict(parse_qsl(as_a(bytes, token(said)).decode())) == said


def test_the_client_may_be_named_by_its_authorization_field_and_then_only_there() -> None:
    said = {key: value for key, value in TOKEN.items() if not key.startswith("client")}
    assert isinstance(token(said, basic="confidential"), bytes)
    assert isinstance(token(said, basic="other"), Refusal)
    assert isinstance(token(TOKEN, basic="confidential"), Refusal)
    assert isinstance(token(said | {"client_id": "public"}, basic="confidential"), Refusal)
    assert isinstance(token(said), Refusal)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"grant_type": "password"}, "unsupported-grant"),
        ({"grant_type": "client_credentials"}, "unsupported-grant"),
        ({"client_id": "other"}, "unknown-client"),
        ({"redirect_uri": "https://evil.test"}, "unregistered-redirect"),
        ({"client_id": "public"}, "invalid-oauth-request"),
        ({"client_id": "public", "code_verifier": "x"}, "invalid-oauth-request"),
        ({"code": "x" * 5000}, "invalid-oauth-request"),
        ({"code": 1}, "invalid-oauth-request"),
        ({"code": {"a": "b"}}, "invalid-oauth-request"),
    ],
)
def test_a_token_request_that_is_not_for_this_gateway_is_refused(changes: dict[str, Any], code: str) -> None:
    assert as_a(Refusal, token(TOKEN | changes)).code == code


@pytest.mark.parametrize(
    ("media_type", "body", "status"),
    [
        ("text/plain", b"", 415),
        ("", b"", 415),
        ("application/json", b"[]", 400),
        ("application/json", b'"x"', 400),
        ("application/json", b"{", 400),
        ("application/json", b"\xff", 400),
        ("application/json", b"[" * 100_000, 400),
        ("application/json", b'{"client_id":"confidential","client_id":"public"}', 400),
        ("application/x-www-form-urlencoded", b"client_id=a&client_id=b", 400),
        ("application/x-www-form-urlencoded", b"", 400),
    ],
)
def test_a_malformed_token_request_is_refused(media_type: str, body: bytes, status: int) -> None:
    assert as_a(Refusal, judge_token(FACADE, media_type, body, basic_client_id=None)).status == status


def test_a_public_client_proves_itself_with_its_verifier() -> None:
    assert isinstance(token(TOKEN | {"client_id": "public", "code_verifier": "v" * 43}), bytes)
