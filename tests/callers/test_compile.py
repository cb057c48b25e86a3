import pytest

from plugin_gateway.callers.compile import compile_callers, compile_security, find_consumer_mistakes
from plugin_gateway.callers.facade import AUTHORIZE_PATH, TOKEN_PATH
from plugin_gateway.callers.users import hash_token
from plugin_gateway.config.auth import Consumer
from plugin_gateway.config.load import load_text

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


def config(text):
    return load_text(text, path=None, environ={}).config


def callers(text, users=None):
    return compile_callers(config(text), users)


def test_without_auth_anybody_may_call():
    found, findings = callers(BASE)
    assert (found.authentication, found.consumers, found.facade, found.local_paths, findings) == (
        None,
        (),
        None,
        (),
        (),
    )


def test_the_challenge_leads_to_the_metadata():
    found, findings = callers(OAUTH)
    assert findings == ()
    assert b'resource_metadata="https://gw.test/.well-known/oauth-protected-resource"' in found.authentication.challenge
    assert found.local_paths == (AUTHORIZE_PATH, TOKEN_PATH)


def test_with_a_facade_clients_are_told_of_our_endpoints():
    security = compile_security(config(OAUTH))
    assert (security.client_url, security.authorization_url) == (
        "https://gw.test/oauth/authorize",
        "https://gw.test/oauth/token",
    )
    own = OAUTH.replace("  type: oauth", "  type: oauth\n  client_url: https://idp.test/own")
    assert compile_security(config(own)).client_url == "https://idp.test/own"


def test_without_auth_nothing_is_told():
    assert compile_security(config(BASE)).kind == "none"
    security = compile_security(config(BASE + TOKEN))
    assert (security.kind, security.scheme, security.verification_tokens) == ("service_http", "bearer", {"openai": "v"})


@pytest.mark.parametrize(("text", "count"), [(BASE, 1), (PASSING, 0)])
def test_callers_whom_nobody_judges_must_reach_somebody_who_does(text, count):
    _, findings = callers(text + "auth: {type: user_http, passthrough: true}\n")
    assert [finding.rule for finding in findings] == ["passthrough-goes-nowhere"] * count


def test_consumers_are_held_against_the_tokens_and_users_there_are(tmp_path):
    consumers = "consumers: [{name: c, match: {token: b}}]\n"
    assert [finding.rule for finding in callers(BASE + TOKEN + consumers)[1]] == ["consumer-mismatch"]
    assert [finding.rule for finding in callers(BASE + consumers)[1]] == ["consumers-need-auth"]
    (tmp_path / "users").write_text("")
    users = f"auth: {{type: user_http, users: {tmp_path}/users}}\nconsumers: [{{name: c, match: {{user: bob}}}}]\n"
    assert [finding.rule for finding in callers(BASE + users, f"al:{hash_token('x')}")[1]] == ["consumer-mismatch"]
    assert callers(BASE + users, f"bob:{hash_token('x')}")[1] == ()


def mistakes(*matches, kind="service_http", is_judged=True, tokens=("ci", "cd"), users=()):
    consumers = [Consumer.model_validate({"name": f"c{i}", "match": match}) for i, match in enumerate(matches)]
    return [
        (finding.rule, finding.pointer)
        for finding in find_consumer_mistakes(consumers, kind=kind, is_judged=is_judged, tokens=tokens, users=users)
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
def test_a_consumer_that_nobody_can_be_is_a_finding(match, options):
    assert mistakes({"token": "ci"} if "tokens" not in options and "users" not in options else match, match, **options)[
        -1
    ] == (
        "consumer-mismatch",
        ("consumers", 1, "match"),
    )


def test_consumers_without_judged_callers_are_a_finding():
    assert mistakes({"token": "ci"}, is_judged=False) == [("consumers-need-auth", ("consumers",))]
    assert mistakes(is_judged=False) == []


def test_what_can_be_is_no_finding():
    assert mistakes({"token": "ci"}) == []
    assert mistakes({"user": "sub", "scope": "read", "claims": {"a": "b"}}, kind="oauth", tokens=()) == []


def test_two_of_one_name_are_a_finding():
    consumers = [Consumer.model_validate({"name": "a", "match": {"token": "ci"}})] * 2
    found = find_consumer_mistakes(consumers, kind="service_http", is_judged=True, tokens=("ci",), users=())
    assert [finding.pointer for finding in found] == [("consumers", 1, "name")]
