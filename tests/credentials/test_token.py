"""The request to a token endpoint, and the answers that hold a token."""

import base64
import json
from typing import Any
from urllib.parse import parse_qs, unquote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.credentials.grant import ClientCredentialsGrant, TokenExchangeGrant
from plugin_gateway.credentials.token import TokenError, read_token, request_of

NOW_S = 1000.0


def answer(**members: int | str | None) -> bytes:
    return json.dumps({"access_token": "abc.def-123", "token_type": "Bearer", "expires_in": 3600} | members).encode()


@given(st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=20))
def test_our_id_and_secret_arrive_unchanged_with_any_characters(client_id: str, secret: str) -> None:
    grant = ClientCredentialsGrant(client_id=client_id, client_secret=secret)
    form, headers = request_of(grant, "")
    pair = base64.b64decode(headers["authorization"].removeprefix("Basic ")).decode()
    assert [unquote_plus(half) for half in pair.split(":")] == [client_id, secret]
    assert parse_qs(form.decode()) == {"grant_type": ["client_credentials"]}


def test_the_callers_token_is_the_subject_of_an_exchange() -> None:
    grant = TokenExchangeGrant(client_id="me", scope="read write", audience="api")
    form, headers = request_of(grant, "callers.token")
    assert headers == {}
    assert parse_qs(form.decode()) == {
        "grant_type": ["urn:ietf:params:oauth:grant-type:token-exchange"],
        "subject_token": ["callers.token"],
        "subject_token_type": ["urn:ietf:params:oauth:token-type:access_token"],
        "requested_token_type": ["urn:ietf:params:oauth:token-type:access_token"],
        "scope": ["read write"],
        "audience": ["api"],
        "client_id": ["me"],
    }


@pytest.mark.parametrize(
    ("members", "refresh_at_s", "good_until_s"),
    [
        ({"expires_in": 3600}, 1000 + 3590 * 0.8, 4590),
        ({"expires_in": "3600"}, 1000 + 3590 * 0.8, 4590),
        ({"expires_in": 4}, 1000 + 2 * 0.8, 1002),
        ({"expires_in": 0}, 1000, 1000),
        ({"expires_in": None}, 1000 + 290 * 0.8, 1290),
        ({"expires_in": -5}, 1000 + 290 * 0.8, 1290),
        ({"expires_in": True}, 1000 + 290 * 0.8, 1290),
        ({"expires_in": "soon"}, 1000 + 290 * 0.8, 1290),
        ({"expires_in": 999_999_999}, 1000 + 999_999_989 * 0.8, 1_000_000_989),
        ({"expires_in": 1_000_000_000}, 1000 + 290 * 0.8, 1290),
        ({"token_type": "bearer"}, 1000 + 3590 * 0.8, 4590),
        ({"token_type": "N_A"}, 1000 + 3590 * 0.8, 4590),
    ],
)
def test_a_token_is_renewed_before_it_ends_and_not_used_to_its_last_moment(
    members: dict[str, Any], refresh_at_s: float, good_until_s: int
) -> None:
    token = read_token(200, answer(**members), NOW_S)
    assert token.text == "abc.def-123"
    assert (token.refresh_at_s, token.good_until_s) == pytest.approx((refresh_at_s, good_until_s))
    assert "abc" not in repr(token)


def test_a_token_without_a_type_is_a_bearer_token() -> None:
    assert read_token(200, b'{"access_token": "abc"}', NOW_S).text == "abc"


def test_a_token_may_have_sixteen_kibibytes() -> None:
    longest = "a" * 16_384
    assert read_token(200, answer(access_token=longest), NOW_S).text == longest


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (200, b"", "status 200 without a JSON object"),
        (200, b"[" * 100_000, "status 200 without a JSON object"),
        (200, b'["abc"]', "status 200 without a JSON object"),
        (200, answer(access_token=None), "no token that fits into a header field"),
        (200, answer(access_token="a\r\nX-Evil: 1"), "no token that fits into a header field"),
        (200, answer(access_token="a b"), "no token that fits into a header field"),
        (200, answer(access_token="a" * 16_385), "no token that fits into a header field"),
        (200, answer(token_type="DPoP"), "a token that is not a bearer token"),
        (200, answer(token_type=5), "a token that is not a bearer token"),
        (401, b'{"error":"invalid_client"}', "status 401, invalid_client"),
        (400, b'{"error":"the secret hunter2 is wrong"}', "status 400, no known error code"),
        (400, b'{"error":["invalid_grant"]}', "status 400, no known error code"),
        (302, b"", "status 302 without a JSON object"),
    ],
)
def test_everything_else_is_an_error_that_quotes_nothing(status: int, body: bytes, message: str) -> None:
    with pytest.raises(TokenError) as raised:
        read_token(status, body, NOW_S)
    assert str(raised.value) == message
    assert not raised.value.blames_subject


@pytest.mark.parametrize(
    ("status", "code", "is_theirs"),
    [
        (400, "invalid_request", True),
        (400, "invalid_grant", True),
        (400, "invalid_client", False),
        (400, "invalid_scope", False),
        (401, "invalid_grant", False),
    ],
)
def test_only_a_subject_that_is_not_taken_is_the_callers_fault(status: int, code: str, is_theirs: bool) -> None:
    with pytest.raises(TokenError) as raised:
        read_token(status, json.dumps({"error": code}).encode(), NOW_S)
    assert raised.value.blames_subject is is_theirs
