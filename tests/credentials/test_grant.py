import pickle

import pytest

from plugin_gateway.credentials.grant import ClientCredentialsGrant, Passthrough, TokenExchangeGrant

OURS = ClientCredentialsGrant(token_url="https://issuer.example/token", client_id="me", client_secret="s3cr3t-s3cr3t")


@pytest.mark.parametrize("grant", [OURS, TokenExchangeGrant(client_secret="s3cr3t-s3cr3t"), Passthrough()])
def test_a_grant_is_a_plain_value_that_shows_no_secret(
    grant: ClientCredentialsGrant | Passthrough | TokenExchangeGrant,
) -> None:
    assert pickle.loads(pickle.dumps(grant)) == grant
    assert "s3cr3t" not in repr(grant)
    assert {grant: 1}[grant] == 1


def test_grants_of_two_kinds_are_never_the_same() -> None:
    said = {"token_url": OURS.token_url, "client_id": OURS.client_id, "client_secret": OURS.client_secret}
    exchange: object = TokenExchangeGrant(**said)
    assert exchange != ClientCredentialsGrant(**said)
