"""What is injected, and every form in which it must not show again."""

from __future__ import annotations

import base64
import pickle
from urllib.parse import quote

import pytest

from plugin_gateway.config.secrets import Secret
from plugin_gateway.config.upstream import (
    BasicCredential,
    BearerCredential,
    ClientCredentials,
    CookieCredential,
    HeaderCredential,
    Login,
    OAuth2Credential,
    PassthroughCredential,
    QueryCredential,
    TokenExchange,
    TokenExchangeCredential,
)
from plugin_gateway.credentials.injection import (
    Injection,
    find_short_secrets,
    injected_names,
    injection,
    with_authorization,
    with_token,
)
from plugin_gateway.gate.override import fold_name
from plugin_gateway.gate.rule import InjectedNames

KEY = 'k€y/+ "&=\\long'


def secret(text: str = KEY) -> Secret:
    return Secret(text)


FORMS = {
    "header": HeaderCredential.model_construct(header="X-API-Key", value=secret()),
    "query": QueryCredential.model_construct(query="api key", value=secret()),
    "cookie": CookieCredential.model_construct(cookie="sid", value=secret()),
    "bearer": BearerCredential.model_construct(bearer=secret()),
    "basic": BasicCredential.model_construct(basic=Login.model_construct(username="user", password=secret())),
    "passthrough": PassthroughCredential.model_construct(passthrough=True),
    "oauth2": OAuth2Credential.model_construct(
        oauth2=ClientCredentials.model_construct(
            token_url="https://h/t", client_id="me", client_secret=secret(), scope="a b", audience=""
        )
    ),
    "token_exchange": TokenExchangeCredential.model_construct(
        token_exchange=TokenExchange.model_construct(
            token_url="https://h/x", client_id="me", client_secret=None, scope="", audience="api"
        )
    ),
}
FIXED = [FORMS[form] for form in ("header", "query", "cookie", "bearer", "basic", "passthrough")]


@pytest.mark.parametrize(
    ("form", "headers", "query", "cookies"),
    [
        ("header", ((b"X-API-Key", KEY.encode()),), b"", b""),
        ("query", (), b"api%20key=" + quote(KEY, safe="").encode(), b""),
        ("cookie", (), b"", b"sid=" + KEY.encode()),
        ("bearer", ((b"Authorization", b"Bearer " + KEY.encode()),), b"", b""),
        ("basic", ((b"Authorization", b"Basic " + base64.b64encode(f"user:{KEY}".encode())),), b"", b""),
        ("passthrough", (), b"", b""),
    ],
)
def test_each_form_goes_to_its_place(form, headers, query, cookies):
    ready = injection([FORMS[form]])

    assert (ready.headers, ready.query, ready.cookies) == (headers, query, cookies)


def test_several_credentials_go_together():
    ready = injection(FIXED)

    assert [name for name, _ in ready.headers] == [b"X-API-Key", b"Authorization", b"Authorization"]
    assert list(ready.names()) == [
        "header X-API-Key", "header Authorization", "header Authorization", "header Authorization",
        "query api key", "cookie sid",
    ]  # fmt: skip


def test_the_pair_of_basic_and_its_password_are_secrets():
    secrets = injection([FORMS["basic"]]).secrets

    assert set(secrets) == {base64.b64encode(f"user:{KEY}".encode()).decode(), KEY}


@pytest.mark.parametrize("form", ["oauth2", "token_exchange", "passthrough"])
def test_a_form_without_a_fixed_value_takes_the_authorization_field_all_the_same(form):
    ready = injection([FORMS[form]])

    assert ready.grant is not None
    assert list(ready.names()) == ["header Authorization"]
    assert fold_name(b"Authorization") in injected_names([ready]).headers


def test_the_secret_of_a_grant_is_masked_too_and_in_no_repr():
    ready = injection([FORMS["oauth2"]])

    assert KEY in ready.secrets
    assert ready.grant is not None
    assert ready.grant.client_secret == KEY
    assert KEY not in repr(ready.grant) + repr(ready)


def test_a_token_is_added_last():
    ready = with_token(injection([FORMS["oauth2"], FORMS["header"]]), "tok+en/1234")

    assert ready.headers == ((b"X-API-Key", KEY.encode()), (b"Authorization", b"Bearer tok+en/1234"))


def test_what_the_caller_showed_is_no_secret_to_the_caller():
    ready = with_authorization(injection([FORMS["passthrough"]]), b"Bearer callers-own-key")

    assert ready.headers == ((b"Authorization", b"Bearer callers-own-key"),)
    assert ready.secrets == ()


def test_nothing_secret_is_in_a_repr():
    ready = injection(FIXED)

    assert repr(ready).startswith("Injection(header X-API-Key")
    assert not any(secret in repr(ready) for secret in ready.secrets)


def test_an_injection_can_be_pickled():
    ready = injection(FIXED)

    assert pickle.loads(pickle.dumps(ready)) == ready
    assert injection([]) == Injection()


@pytest.mark.parametrize(("text", "messages"), [("12345", 1), ("1234567", 1), ("12345678", 0)])
def test_a_short_secret_is_warned_of_without_being_shown(text, messages):
    found = list(
        find_short_secrets([BearerCredential.model_construct(bearer=secret(text))], ("upstream", "credential"))
    )

    assert [finding.pointer for finding in found] == [("upstream", "credential", 0)] * messages
    assert not any(text in str(finding) for finding in found)


def test_injected_names_come_from_every_injection():
    read = Injection(headers=((b"X-Api-Key", b"s"),), query=b"api_key=s&app%5Fid=1")
    write = Injection(cookies=b"sid=1; other=2")

    assert injected_names([read, write]) == InjectedNames(
        headers=frozenset({b"xapikey"}), query=frozenset({b"apikey", b"appid"}), cookies=frozenset({b"sid", b"other"})
    )
