import pickle

import pytest

from plugin_gateway.credentials.grant import ClientCredentialsGrant, Passthrough, TokenExchangeGrant
from plugin_gateway.credentials.injection import (
    Injection,
    injected_names,
    refusable,
    with_authorization,
)
from plugin_gateway.gate.override import fold_name
from plugin_gateway.gate.rule import InjectedNames

KEY = "sekret-7f3a9c"
EVERYWHERE = Injection(
    headers=((b"X-Api-Key", KEY.encode()),),
    query=b"api%20key=" + KEY.encode(),
    cookies=b"sid=" + KEY.encode(),
    secrets=(KEY,),
    grant=ClientCredentialsGrant(token_url="https://h/t", client_id="me", client_secret=KEY),
)


def test_an_injection_lists_its_places_and_its_repr_shows_no_value() -> None:
    assert list(EVERYWHERE.places()) == [
        ("header", "X-Api-Key"),
        ("header", "Authorization"),
        ("query", "api key"),
        ("cookie", "sid"),
    ]
    assert repr(EVERYWHERE) == "Injection(header X-Api-Key, header Authorization, query api key, cookie sid)"


def test_each_of_several_names_is_named_without_its_value_though_that_has_an_equals_sign() -> None:
    both = Injection(query=b"key=dmFsdWU=&app=1", cookies=b"sid=dmFsdWU=; lang=de")

    assert [*both.places()] == [("query", "key"), ("query", "app"), ("cookie", "sid"), ("cookie", "lang")]
    assert refusable(both) == "query key, query app, cookie sid, cookie lang"
    assert injected_names([both]) == InjectedNames(
        query=frozenset({b"key", b"app"}), cookies=frozenset({b"sid", b"lang"})
    )


def test_an_injection_can_be_pickled() -> None:
    assert pickle.loads(pickle.dumps(EVERYWHERE)) == EVERYWHERE


def test_a_token_is_added_last() -> None:
    assert with_authorization(EVERYWHERE, b"Bearer tok+en/1234").headers == (
        (b"X-Api-Key", KEY.encode()),
        (b"Authorization", b"Bearer tok+en/1234"),
    )


def test_a_passed_through_credential_is_not_hidden_from_its_caller() -> None:
    ready = with_authorization(Injection(grant=Passthrough()), b"Bearer callers-own-key")

    assert ready.headers == ((b"Authorization", b"Bearer callers-own-key"),)
    assert ready.secrets == ()


@pytest.mark.parametrize(
    ("grant", "said"),
    [
        (None, ""),
        (Passthrough(), ""),
        (ClientCredentialsGrant(), "header Authorization"),
        (TokenExchangeGrant(), "header Authorization"),
    ],
)
def test_an_upstream_can_refuse_the_gateways_credentials_but_not_the_callers_own(
    grant: ClientCredentialsGrant | Passthrough | TokenExchangeGrant | None, said: str
) -> None:
    assert refusable(Injection(grant=grant)) == said


@pytest.mark.parametrize("grant", [ClientCredentialsGrant(), TokenExchangeGrant(), Passthrough()])
def test_a_grant_takes_the_authorization_field(
    grant: ClientCredentialsGrant | Passthrough | TokenExchangeGrant,
) -> None:
    assert fold_name(b"Authorization") in injected_names([Injection(grant=grant)]).headers


def test_injected_names_come_from_every_injection() -> None:
    read = Injection(headers=((b"X-Api-Key", b"s"),), query=b"api_key=s&app%5Fid=1")
    write = Injection(cookies=b"sid=1; other=2")
    own = Injection(cookies=b"own=1")

    assert injected_names([read, write, own]) == InjectedNames(
        headers=frozenset({b"xapikey"}),
        query=frozenset({b"apikey", b"appid"}),
        cookies=frozenset({b"sid", b"other", b"own"}),
    )


def test_where_answers_are_searched_the_gateway_says_which_coding_and_which_part_it_wants() -> None:
    names = {fold_name(name) for name in (b"Accept-Encoding", b"Range", b"If-Range")}

    assert injected_names([], is_searched=True).headers >= names
    assert injected_names([]).headers == frozenset()
