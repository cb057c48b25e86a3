"""What outlives a reload: the buckets, the tokens, the connection to Redis."""

import pytest

from plugin_gateway.admission.limits import CallLimits, RateLimit
from plugin_gateway.credentials.grant import ClientCredentials, Passthrough, TokenExchange
from plugin_gateway.proxy import resources as module
from plugin_gateway.proxy.resources import Resources
from plugin_gateway.refusal import Refusal

ONE = CallLimits(rate=RateLimit(name="gateway", key="gateway", calls=1, window_s=86400, burst=1))
OURS = ClientCredentials(token_url="https://h/t", client_id="me", client_secret="s")


def admit(limiter):
    verdicts = []
    limiter.admit("read", "", b"", verdicts.append)
    return not isinstance(verdicts[0], Refusal)


def test_no_limit_is_no_limiter():
    assert Resources().limiter(CallLimits()) is None


def test_a_reload_does_not_fill_the_buckets():
    resources = Resources()
    assert admit(resources.limiter(ONE))
    assert not admit(resources.limiter(ONE))


def test_a_reload_keeps_the_tokens_of_a_grant_that_stayed_the_same():
    resources = Resources()
    issuer = resources.issuer(OURS)
    assert resources.issuer(ClientCredentials(token_url=OURS.token_url, client_id="me", client_secret="s")) is issuer
    assert (
        resources.issuer(ClientCredentials(token_url=OURS.token_url, client_id="me", client_secret="x")) is not issuer
    )
    resources.close()


def test_a_secret_that_is_rotated_again_and_again_fills_no_memory(monkeypatch):
    monkeypatch.setattr(module, "_MOST_ISSUERS", 2)
    resources = Resources()
    for number in range(5):
        resources.issuer(ClientCredentials(client_secret=str(number)))
    assert len(resources._issuers) == 2


def test_a_credential_that_is_passed_through_has_no_issuer():
    assert Resources().issuer(Passthrough()) is None


def test_a_reload_keeps_the_connection_to_the_same_redis():
    pytest.importorskip("redis", reason="the redis extra is not installed")
    resources = Resources()
    limits = CallLimits(rate=ONE.rate, store_url="redis://127.0.0.1:1/0", space="a")
    shared = resources.limiter(limits)._shared
    assert resources.limiter(limits)._shared is shared
    assert (
        resources.limiter(CallLimits(rate=ONE.rate, store_url="redis://127.0.0.1:1/1", space="a"))._shared is not shared
    )
    resources.close()


def test_an_issuer_that_outlives_a_reload_takes_over_the_new_budget():
    resources = Resources()
    grant = TokenExchange(token_url="https://h/t")
    limit = RateLimit(name="n", key="k", calls=7, window_s=60, burst=7)
    issuer = resources.issuer(grant)
    assert resources.issuer(grant, limit) is issuer
    assert issuer.strangers.limit is limit
