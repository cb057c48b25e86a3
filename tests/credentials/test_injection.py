import pickle

import pytest

from plugin_gateway.credentials.grant import ClientCredentials, Passthrough, TokenExchange
from plugin_gateway.credentials.injection import (
    Injection,
    injected_names,
    refusable,
    with_authorization,
    with_token,
)
from plugin_gateway.gate.override import fold_name
from plugin_gateway.gate.rule import InjectedNames

KEY = "sekret-7f3a9c"
EVERYWHERE = Injection(
    headers=((b"X-Api-Key", KEY.encode()),),
    query=b"api%20key=" + KEY.encode(),
    cookies=b"sid=" + KEY.encode(),
    secrets=(KEY,),
    grant=ClientCredentials(token_url="https://h/t", client_id="me", client_secret=KEY),
)


def test_what_is_set_is_named_by_its_place_and_its_value_is_in_no_repr():
    assert list(EVERYWHERE.places()) == [
        ("header", "X-Api-Key"),
        ("header", "Authorization"),
        ("query", "api key"),
        ("cookie", "sid"),
    ]
    assert repr(EVERYWHERE) == "Injection(header X-Api-Key, header Authorization, query api key, cookie sid)"


def test_an_injection_can_be_pickled():
    assert pickle.loads(pickle.dumps(EVERYWHERE)) == EVERYWHERE


def test_a_token_is_added_last():
    assert with_token(EVERYWHERE, "tok+en/1234").headers == (
        (b"X-Api-Key", KEY.encode()),
        (b"Authorization", b"Bearer tok+en/1234"),
    )


def test_what_the_caller_showed_is_no_secret_to_the_caller():
    ready = with_authorization(Injection(grant=Passthrough()), b"Bearer callers-own-key")

    assert ready.headers == ((b"Authorization", b"Bearer callers-own-key"),)
    assert ready.secrets == ()


@pytest.mark.parametrize(
    ("grant", "said"),
    [
        (None, ""),
        (Passthrough(), ""),
        (ClientCredentials(), "header Authorization"),
        (TokenExchange(), "header Authorization"),
    ],
)
def test_the_upstream_refuses_what_is_ours_and_not_what_is_the_callers(grant, said):
    assert refusable(Injection(grant=grant)) == said


@pytest.mark.parametrize("grant", [ClientCredentials(), TokenExchange(), Passthrough()])
def test_a_grant_takes_the_authorization_field(grant):
    assert fold_name(b"Authorization") in injected_names([Injection(grant=grant)]).headers


def test_injected_names_come_from_every_injection():
    read = Injection(headers=((b"X-Api-Key", b"s"),), query=b"api_key=s&app%5Fid=1")
    write = Injection(cookies=b"sid=1; other=2")

    assert injected_names([read, write]) == InjectedNames(
        headers=frozenset({b"xapikey"}), query=frozenset({b"apikey", b"appid"}), cookies=frozenset({b"sid", b"other"})
    )
