"""The resources that outlive a reload: the tokens of a grant."""

import pytest

from plugin_gateway.admission.limits import RateLimit
from plugin_gateway.credentials.grant import ClientCredentialsGrant, Passthrough, TokenExchangeGrant
from plugin_gateway.proxy import resources as module
from plugin_gateway.proxy.resources import Resources

OURS = ClientCredentialsGrant(token_url="https://h/t", client_id="me", client_secret="s")


def test_a_reload_keeps_the_tokens_of_a_grant_that_stayed_the_same() -> None:
    resources = Resources()
    issuer = resources.issuer(OURS)
    assert (
        resources.issuer(ClientCredentialsGrant(token_url=OURS.token_url, client_id="me", client_secret="s")) is issuer
    )
    assert (
        resources.issuer(ClientCredentialsGrant(token_url=OURS.token_url, client_id="me", client_secret="x"))
        is not issuer
    )
    resources.close()


def test_a_secret_that_is_rotated_often_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_ISSUERS", 2)
    resources = Resources()
    for number in range(5):
        resources.issuer(ClientCredentialsGrant(client_secret=str(number)))
    assert len(resources._issuers) == 2


def test_a_credential_that_is_passed_through_has_no_issuer() -> None:
    assert Resources().issuer(Passthrough()) is None


def test_an_issuer_that_outlives_a_reload_takes_over_the_new_budget() -> None:
    resources = Resources()
    grant = TokenExchangeGrant(token_url="https://h/t")
    limit = RateLimit(name="n", key="k", calls=7, window_s=60, burst=7)
    issuer = resources.issuer(grant)
    assert resources.issuer(grant, limit) is issuer
    assert issuer is not None
    assert issuer.strangers.limit is limit
