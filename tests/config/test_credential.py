from typing import Any

import pytest

from plugin_gateway.config.credential import (
    BasicCredential,
    BearerCredential,
    CookieCredential,
    HeaderCredential,
    OAuth2Credential,
    PassthroughCredential,
    QueryCredential,
    TokenExchangeCredential,
)
from plugin_gateway.config.reader import MistakesError
from plugin_gateway.config.upstream import Upstream
from tests.narrow import as_a

KEY = {"value": "s3cr3t"}


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ({"header": "X-API-Key", "value": KEY}, HeaderCredential),
        ({"query": "key", "value": KEY}, QueryCredential),
        ({"cookie": "key", "value": KEY}, CookieCredential),
        ({"bearer": KEY}, BearerCredential),
        ({"basic": {"username": "me", "password": KEY}}, BasicCredential),
        ({"oauth2": {"token_url": "https://h/t", "client_id": "me", "client_secret": KEY}}, OAuth2Credential),
        ({"token_exchange": {"token_url": "https://h/t"}}, TokenExchangeCredential),
        ({"passthrough": True}, PassthroughCredential),
    ],
)
def test_a_credential_takes_the_form_its_key_names(written: dict[str, Any], form: type[Any]) -> None:
    upstream = Upstream.parse({"url": "http://h", "credential": written})
    assert [type(credential) for credential in upstream.credential] == [form]
    assert "s3cr3t" not in repr(upstream)


def test_an_api_may_want_several_credentials() -> None:
    upstream = Upstream.parse(
        {"url": "http://h", "credential": [{"header": "A", "value": KEY}, {"header": "B", "value": KEY}]}
    )
    assert [as_a(HeaderCredential, credential).header for credential in upstream.credential] == ["A", "B"]


@pytest.mark.parametrize(
    ("credential", "at"),
    [
        ({"header": "X-Key", "value": {"value": "X-Key: k3y"}}, ("value",)),
        ({"cookie": "session", "value": {"value": "k3y;admin=1"}}, ("value",)),
        ({"bearer": {"value": "Bearer k3y"}}, ("bearer",)),
        ({"basic": {"username": "me", "password": {"value": "k3y\nk3y"}}}, ("basic", "password")),
        ({"basic": {"username": "me\n", "password": {"value": "k3y"}}}, ("basic",)),
        ({"query": "key", "value": {"value": "k3y\0"}}, ("value",)),
    ],
)
def test_a_credential_has_only_characters_that_its_place_can_carry_and_is_never_shown(
    credential: dict[str, Any], at: tuple[str, ...]
) -> None:
    with pytest.raises(MistakesError) as caught:
        Upstream.parse({"url": "http://h", "credential": credential})
    [(pointer, mistake)] = caught.value.found
    assert pointer == ("credential", 0, *at)
    assert "k3y" not in f"{mistake.message}{mistake.hint}"


@pytest.mark.parametrize("name", ["Accept-Encoding", "X-Request-Id", "x_request_id", "Content-Length"])
def test_a_credential_has_no_header_that_the_gateway_writes_itself(name: str) -> None:
    with pytest.raises(MistakesError, match="bad-header-name"):
        Upstream.parse({"url": "http://h", "credential": {"header": name, "value": KEY}})
