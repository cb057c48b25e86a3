import hashlib
import pickle

import pytest
from pydantic import TypeAdapter

from plugin_gateway.callers import authentication as module
from plugin_gateway.callers.authentication import build_authentication
from plugin_gateway.callers.users import hash_token
from plugin_gateway.config.auth import Auth
from plugin_gateway.config.units import Rate

SECRET = "sekret-token-of-32-characters-or-so"
AUTH = TypeAdapter(Auth)
OAUTH = {"type": "oauth", "issuer": "https://idp.example", "client_url": "https://a", "authorization_url": "https://b"}


def built(written, **options):
    return build_authentication(
        AUTH.validate_python(written), public_url="https://gw.example", metadata_url="https://gw.example/m", **options
    )


def service(*values, **more):
    return {
        "type": "service_http",
        "tokens": [{"name": f"t{i}", "value": value} for i, value in enumerate(values)],
    } | more


def test_none_asks_for_nothing():
    assert built({"type": "none"}) == (None, ())


def test_workers_are_given_hashes_and_no_token():
    authentication, findings = built(service(SECRET, SECRET + "2"))
    assert findings == ()
    assert authentication.tokens[hashlib.sha256(SECRET.encode()).digest()] == "t0"
    assert SECRET.encode() not in pickle.dumps(authentication)
    assert SECRET not in repr(authentication)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (service("short"), "can be guessed"),
        (service(SECRET, SECRET), "the same token"),
        (service(SECRET + " x"), "no Bearer credential can carry"),
        (service(SECRET + "é"), "no Bearer credential can carry"),
        (service(SECRET, authorization_type="basic"), "no colon"),
    ],
)
def test_a_token_that_cannot_do_its_work_is_told_without_showing_it(written, said):
    _, (finding,) = built(written)
    assert said in finding.message
    assert finding.pointer[:2] == ("auth", "tokens")
    assert SECRET not in str(finding)


@pytest.mark.parametrize(
    ("written", "challenge"),
    [
        (service(SECRET), b'Bearer realm="plugin-gateway"'),
        (service("u:" + SECRET, authorization_type="basic"), b'Basic realm="plugin-gateway", charset="UTF-8"'),
        (OAUTH, b'Bearer realm="plugin-gateway", resource_metadata="https://gw.example/m"'),
    ],
)
def test_a_caller_without_a_credential_is_told_how_to_show_one(written, challenge):
    authentication, _ = built(written)
    refusal = authentication.refuse("missing-credential", "x")
    assert (refusal.status, refusal.headers) == (401, ((b"WWW-Authenticate", challenge),))
    assert "Authorization" in refusal.hint


def test_errors_are_named_as_rfc_6750_names_them_and_not_to_basic():
    bearer, _ = built(OAUTH | {"required_scope": "b a"})
    basic, _ = built(service("u:" + SECRET, authorization_type="basic"))
    assert bearer.refuse("expired-credential", "x").headers[0][1].endswith(b', error="invalid_token"')
    assert b"error" not in basic.refuse("invalid-credential", "x").headers[0][1]
    assert (bearer.refuse_ambiguous().status, basic.refuse_ambiguous().status) == (400, 400)
    scope = bearer.refuse_scope()
    assert scope.status == 403
    assert scope.headers[0][1].endswith(b'error="insufficient_scope", scope="a b"')


VERIFIED = {"type": "user_http", "verify": {"introspection": "https://idp.example/i"}}
OURS = ("https://gw.example", "https://gw.example/")


@pytest.mark.parametrize(
    ("written", "audiences"),
    [
        (OAUTH, OURS),
        (OAUTH | {"audience": "api"}, ("api",)),
        (OAUTH | {"audience": ["api", "other"]}, ("api", "other")),
        (VERIFIED, OURS),
        (VERIFIED | {"verify": VERIFIED["verify"] | {"audience": "api"}}, ("api",)),
        (OAUTH | {"verify": VERIFIED["verify"]}, OURS),
        (OAUTH | {"verify": VERIFIED["verify"], "audience": "api"}, ("api",)),
        (OAUTH | {"verify": VERIFIED["verify"] | {"audience": ["a", "b"]}}, ("a", "b")),
    ],
)
def test_the_audience_is_the_public_url_unless_others_are_named(written, audiences):
    authentication, _ = built(written)
    assert (authentication.jwt or authentication).audiences == audiences


def test_the_budget_of_bad_credentials_is_what_limits_say():
    assert built(VERIFIED)[0].bad_credentials.calls == 100
    assert built(VERIFIED, bad_credentials=Rate(7, 1))[0].bad_credentials.calls_per_s == 7


def test_the_provider_is_asked_where_that_is_said_although_it_has_keys():
    authentication, _ = built(
        OAUTH | {"verify": {"introspection": "https://idp.example/i", "client_secret": {"value": SECRET}}}
    )
    assert authentication.jwt is None
    assert authentication.introspection.url == "https://idp.example/i"
    assert SECRET not in repr(authentication)


def test_a_missing_extra_is_an_error_that_names_it(monkeypatch):
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    _, (finding,) = built(OAUTH)
    assert finding.rule == "extra-missing"
    assert "plugin-gateway[oauth]" in finding.hint


def test_the_users_file_is_read(tmp_path):
    (tmp_path / "users").write_text("x")
    auth = AUTH.validate_python({"type": "user_http", "users": str(tmp_path / "users")})
    options = {"public_url": "https://gw", "metadata_url": "https://gw/m"}
    authentication, findings = build_authentication(auth, users=f"ci:{hash_token('t')}", **options)
    assert (authentication.users.names, findings) == (("ci",), ())
    assert build_authentication(auth, users="nonsense", **options)[1]
