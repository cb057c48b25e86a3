import hashlib
import pickle
from pathlib import Path
from typing import Any

import pytest

from plugin_gateway.callers import compile as module
from plugin_gateway.callers.authentication import (
    Authentication,
    IntrospectionSettings,
    JwtSettings,
    LeftToUpstream,
    ListedTokens,
)
from plugin_gateway.callers.compile import (
    build_authentication,
    compile_callers,
    compile_security,
    judge_consumers,
)
from plugin_gateway.callers.facade import AUTHORIZE_PATH, TOKEN_PATH
from plugin_gateway.callers.model import Callers
from plugin_gateway.callers.users import Users, hash_token
from plugin_gateway.config.auth import Auth
from plugin_gateway.config.consumer import Consumer
from plugin_gateway.config.load import load_text
from plugin_gateway.config.model import Config
from plugin_gateway.config.reader import read_as
from plugin_gateway.config.units import Rate
from plugin_gateway.publish.security import NoSecurity, OAuth, ServiceHttp
from tests.narrow import as_a, present

BASE = "openapi: ./o.yaml\nupstream: {url: http://a}\nallow: [a]\npublic: {url: https://gw.test}\n"
PASSING = BASE.replace("{url: http://a}", "{url: http://a, credential: {passthrough: true}}")
OAUTH = (
    BASE
    + """
auth:
  type: oauth
  verify: {introspection: https://idp.test/introspect}
  facade: {authorize: https://idp.test/a, token: https://idp.test/t, client_ids: [c], chatgpt_ids: [g-1]}
"""
)
TOKEN = (
    "auth: {type: service_http, tokens: [{name: a, value: a-token-of-some-length}], verification_tokens: {openai: v}}\n"
)


def config(text: str) -> Config:
    return load_text(text, path=None, environ={}).config


def callers(text: str, users: str | None = None) -> tuple[Callers, tuple[Any, ...]]:
    return compile_callers(config(text), users)


def test_without_auth_every_caller_may_call() -> None:
    found, findings = callers(BASE)
    assert (found.authentication, found.consumers, found.facade, found.local_paths, findings) == (
        None,
        (),
        None,
        (),
        (),
    )


def test_the_challenge_leads_to_the_metadata() -> None:
    found, findings = callers(OAUTH)
    assert findings == ()
    assert (
        b'resource_metadata="https://gw.test/.well-known/oauth-protected-resource"'
        in present(found.authentication).challenge
    )
    assert found.local_paths == (AUTHORIZE_PATH, TOKEN_PATH)


def test_with_a_facade_clients_see_the_gateways_endpoints() -> None:
    security = compile_security(config(OAUTH))
    assert isinstance(security, OAuth)
    assert (security.client_url, security.authorization_url) == (
        "https://gw.test/oauth/authorize",
        "https://gw.test/oauth/token",
    )
    own = OAUTH.replace("  type: oauth", "  type: oauth\n  client_url: https://idp.test/own")
    assert as_a(OAuth, compile_security(config(own))).client_url == "https://idp.test/own"


def test_without_auth_clients_see_no_security() -> None:
    assert compile_security(config(BASE)) == NoSecurity()
    security = compile_security(config(BASE + TOKEN))
    assert security == ServiceHttp(scheme="bearer", verification_tokens={"openai": "v"})


@pytest.mark.parametrize(("text", "count"), [(BASE, 1), (PASSING, 0)])
def test_passthrough_auth_without_a_passthrough_credential_is_reported(text: str, count: int) -> None:
    _, findings = callers(text + "auth: {type: user_http, passthrough: true}\n")
    assert [finding.rule for finding in findings] == ["passthrough-goes-nowhere"] * count


def test_consumers_are_compared_with_the_configured_tokens_and_users(tmp_path: Path) -> None:
    consumers = "consumers: [{name: c, match: {token: b}}]\n"
    assert [finding.rule for finding in callers(BASE + TOKEN + consumers)[1]] == ["consumer-mismatch"]
    assert [finding.rule for finding in callers(BASE + consumers)[1]] == ["consumers-need-auth"]
    (tmp_path / "users").write_text("")
    users = f"auth: {{type: user_http, users: {tmp_path}/users}}\nconsumers: [{{name: c, match: {{user: bob}}}}]\n"
    assert [finding.rule for finding in callers(BASE + users, f"al:{hash_token('x')}")[1]] == ["consumer-mismatch"]
    assert callers(BASE + users, f"bob:{hash_token('x')}")[1] == ()


def mistakes(
    *matches: Any,
    kind: str = "service_http",
    is_judged: bool = True,
    tokens: tuple[str, ...] = ("ci", "cd"),
    users: tuple[str, ...] = (),
) -> list[Any]:
    consumers = [Consumer.parse({"name": f"c{i}", "match": match}) for i, match in enumerate(matches)]
    return [
        (finding.rule, finding.pointer)
        for finding in judge_consumers(consumers, kind=kind, is_judged=is_judged, tokens=tokens, users=users)
    ]


@pytest.mark.parametrize(
    ("match", "options"),
    [
        ({"token": "co"}, {}),
        ({"token": "co"}, {"tokens": ()}),
        ({"scope": "read"}, {}),
        ({"claims": {"a": "b"}}, {}),
        ({"user": "bob"}, {"kind": "user_http", "users": ("alice",)}),
    ],
)
def test_a_consumer_that_no_caller_can_match_is_a_finding(match: dict[str, Any], options: dict[str, Any]) -> None:
    assert mistakes({"token": "ci"} if "tokens" not in options and "users" not in options else match, match, **options)[
        -1
    ] == (
        "consumer-mismatch",
        ("consumers", 1, "match"),
    )


def test_consumers_without_judged_callers_are_a_finding() -> None:
    assert mistakes({"token": "ci"}, is_judged=False) == [("consumers-need-auth", ("consumers",))]
    assert mistakes(is_judged=False) == []


def test_a_consumer_that_a_caller_can_match_is_not_a_finding() -> None:
    assert mistakes({"token": "ci"}) == []
    assert mistakes({"user": "sub", "scope": "read", "claims": {"a": "b"}}, kind="oauth", tokens=()) == []


def test_two_consumers_of_one_name_are_a_finding() -> None:
    consumers = [Consumer.parse({"name": "a", "match": {"token": "ci"}})] * 2
    found = judge_consumers(consumers, kind="service_http", is_judged=True, tokens=("ci",), users=())
    assert [finding.pointer for finding in found] == [("consumers", 1, "name")]


SECRET = "sekret-token-of-32-characters-or-so"
ISSUED: dict[str, Any] = {
    "type": "oauth",
    "issuer": "https://idp.example",
    "client_url": "https://a",
    "authorization_url": "https://b",
}


def built(written: dict[str, Any], **options: Any) -> tuple[Authentication | None, tuple[Any, ...]]:
    return build_authentication(
        read_as(Auth, written), public_url="https://gw.example", metadata_url="https://gw.example/m", **options
    )


def audiences_of(authentication: Authentication | None) -> tuple[str, ...]:
    judge = present(authentication).judge
    assert isinstance(judge, JwtSettings | IntrospectionSettings)
    return judge.audiences


def service(*values: str, **more: str) -> dict[str, Any]:
    return {
        "type": "service_http",
        "tokens": [{"name": f"t{i}", "value": value} for i, value in enumerate(values)],
    } | more


def test_auth_none_asks_for_no_credential() -> None:
    assert built({"type": "none"}) == (None, ())


def test_workers_are_given_hashes_and_no_token() -> None:
    authentication, findings = built(service(SECRET, SECRET + "2"))
    assert findings == ()
    assert authentication is not None
    assert isinstance(authentication.judge, ListedTokens)
    assert authentication.judge.names[hashlib.sha256(SECRET.encode()).digest()] == "t0"
    assert SECRET.encode() not in pickle.dumps(authentication)
    assert SECRET not in repr(authentication)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (service("short"), "can be guessed"),
        (service(SECRET, SECRET), "the same token"),
        (service(SECRET + " x"), "a Bearer credential cannot carry"),
        (service(SECRET + "é"), "a Bearer credential cannot carry"),
        (service(SECRET, authorization_type="basic"), "no colon"),
    ],
)
def test_an_unusable_token_is_reported_and_not_shown(written: dict[str, Any], said: str) -> None:
    _, (finding,) = built(written)
    assert said in finding.message
    assert finding.pointer[:2] == ("auth", "tokens")
    assert SECRET not in str(finding)


VERIFIED: dict[str, Any] = {"type": "user_http", "verify": {"introspection": "https://idp.example/i"}}
OURS = ("https://gw.example", "https://gw.example/")


@pytest.mark.parametrize(
    ("written", "audiences"),
    [
        (ISSUED, OURS),
        (ISSUED | {"audience": "api"}, ("api",)),
        (ISSUED | {"audience": ["api", "other"]}, ("api", "other")),
        (VERIFIED, OURS),
        (VERIFIED | {"verify": VERIFIED["verify"] | {"audience": "api"}}, ("api",)),
        (ISSUED | {"verify": VERIFIED["verify"]}, OURS),
        (ISSUED | {"verify": VERIFIED["verify"], "audience": "api"}, ("api",)),
        (ISSUED | {"verify": VERIFIED["verify"] | {"audience": ["a", "b"]}}, ("a", "b")),
    ],
)
def test_the_audience_is_the_public_url_unless_others_are_named(
    written: dict[str, Any], audiences: tuple[str, ...]
) -> None:
    authentication, _ = built(written)
    assert audiences_of(authentication) == audiences


@pytest.mark.parametrize("written", [ISSUED, VERIFIED])
def test_a_token_for_the_mcp_endpoint_is_for_the_gateway(written: dict[str, Any]) -> None:
    authentication, _ = built(written, mcp_path="/mcp")
    assert audiences_of(authentication) == (
        *OURS,
        "https://gw.example/mcp",
        "https://gw.example/mcp/",
    )


def test_the_budget_of_bad_credentials_comes_from_limits() -> None:
    assert present(built(VERIFIED)[0]).bad_credentials.calls == 100
    assert present(built(VERIFIED, bad_credentials=Rate(7, 1))[0]).bad_credentials.calls_per_s == 7


def test_with_verify_the_provider_is_asked_although_it_has_keys() -> None:
    authentication, _ = built(
        ISSUED | {"verify": {"introspection": "https://idp.example/i", "client_secret": {"value": SECRET}}}
    )
    assert authentication is not None
    assert isinstance(authentication.judge, IntrospectionSettings)
    assert authentication.judge.url == "https://idp.example/i"
    assert SECRET not in repr(authentication)


def test_a_missing_extra_is_an_error_that_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    _, (finding,) = built(ISSUED)
    assert finding.rule == "missing-extra"
    assert "plugin-gateway[oauth]" in finding.hint


def test_the_users_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "users").write_text("x")
    auth = read_as(Auth, {"type": "user_http", "users": str(tmp_path / "users")})
    options: dict[str, Any] = {"public_url": "https://gw", "metadata_url": "https://gw/m"}
    authentication, findings = build_authentication(auth, users=f"ci:{hash_token('t')}", **options)
    assert (as_a(Users, present(authentication).judge).names, findings) == (("ci",), ())
    assert build_authentication(auth, users="nonsense", **options)[1]


def test_callers_whom_the_upstream_judges_are_not_judged_here() -> None:
    authentication, findings = built({"type": "user_http", "passthrough": True})
    assert authentication is not None
    assert (authentication.judge, findings) == (LeftToUpstream(), ())


@pytest.mark.parametrize(
    ("written", "challenge"),
    [
        (service(SECRET), b'Bearer realm="plugin-gateway"'),
        (service("u:" + SECRET, authorization_type="basic"), b'Basic realm="plugin-gateway", charset="UTF-8"'),
        (ISSUED, b'Bearer realm="plugin-gateway", resource_metadata="https://gw.example/m"'),
    ],
)
def test_the_compiled_challenge_shows_a_caller_how_to_authenticate(written: dict[str, Any], challenge: bytes) -> None:
    authentication, _ = built(written)
    assert authentication is not None
    refusal = authentication.refuse("missing-credential", "x")
    assert (refusal.status, refusal.headers) == (401, ((b"WWW-Authenticate", challenge),))
    assert "Authorization" in refusal.hint
