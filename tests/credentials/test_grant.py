"""Which credentials of gateway.yaml lead to a grant, and what of it is never shown."""

import pickle

import pytest

from plugin_gateway.config.upstream import Upstream
from plugin_gateway.credentials.grant import Grant, grant_of

KEY = {"value": "s3cr3t-s3cr3t"}
ISSUER = {"token_url": "https://issuer.example/token", "client_id": "me", "client_secret": KEY}


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ({"bearer": KEY}, None),
        ({"basic": {"username": "me", "password": KEY}}, None),
        ({"query": "key", "value": KEY}, None),
        ({"passthrough": True}, "passthrough"),
        ({"oauth2": ISSUER}, "client_credentials"),
        ({"token_exchange": ISSUER | {"audience": "api"}}, "token_exchange"),
        ({"token_exchange": {"token_url": "https://issuer.example/token"}}, "token_exchange"),
    ],
)
def test_only_what_has_no_fixed_value_leads_to_a_grant(written, kind):
    (credential,) = Upstream.model_validate({"url": "http://h", "credential": written}).credential
    grant = grant_of(credential)
    assert (grant.kind if grant else None) == kind


def test_a_grant_is_a_plain_value_that_shows_no_secret():
    (credential,) = Upstream.model_validate({"url": "http://h", "credential": {"oauth2": ISSUER}}).credential
    grant = grant_of(credential)
    assert grant == Grant(
        kind="client_credentials",
        token_url="https://issuer.example/token",
        client_id="me",
        client_secret="s3cr3t-s3cr3t",
    )
    assert pickle.loads(pickle.dumps(grant)) == grant
    assert "s3cr3t" not in repr(grant)
    assert {grant: 1}[grant] == 1
