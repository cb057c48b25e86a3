"""An access token: read from the answer of a token endpoint, with its lifetime."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Final, assert_never
from urllib.parse import quote_plus, urlencode

from plugin_gateway.credentials.grant import ClientCredentialsGrant, TokenExchangeGrant
from plugin_gateway.discreet import Discreet
from plugin_gateway.errors import GatewayError

if TYPE_CHECKING:
    from plugin_gateway.credentials.grant import TokenGrant

_DEFAULT_LIFETIME_S: Final = 300.0
"""The lifetime of a token without `expires_in`, which RFC 6749, 5.1 only recommends."""
_REFRESH_AT: Final = 0.8
_MARGIN_S: Final = 10.0
"""A token must outlive the call that carries it."""
_BEARER: Final = "bearer"
_TYPES: Final = (_BEARER, "n_a")
"""RFC 6750 and RFC 8693, 2.2.1; in lower case, because case does not count (RFC 6749, 5.1)."""
_TOKEN: Final = re.compile(r"[A-Za-z0-9\-._~+/]+=*")  # RFC 6750, 2.1
_MAX_TOKEN_LENGTH: Final = 16_384
_KNOWN_ERRORS: Final = frozenset(
    {
        "invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type",
        "invalid_scope", "invalid_target", "access_denied", "server_error", "temporarily_unavailable",
    }
)  # fmt: skip
_ABOUT_THE_SUBJECT: Final = frozenset({"invalid_request", "invalid_grant", "invalid_target", "access_denied"})


class Token(Discreet, frozen=True, kw_only=True):
    """One token, with two times of `time.monotonic`: when to request the next token, and when to stop using this one."""

    HIDDEN = ("text",)

    text: str
    refresh_at_s: float
    good_until_s: float


class TokenError(GatewayError):
    """A token endpoint returned no token. The message names a known error code or a status, and quotes no request.

    `blames_subject`: the endpoint refused to exchange the caller's token (RFC 8693, 2.2.2).
    """

    def __init__(self, message: str, *, blames_subject: bool = False) -> None:
        self.blames_subject = blames_subject
        super().__init__(message)


def request_of(grant: TokenGrant, subject: str) -> tuple[bytes, dict[str, str]]:
    """The form to post to the token endpoint, and the header fields to send with it; `subject` is the caller's token."""
    match grant:
        case TokenExchangeGrant():
            form = {
                "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
                "subject_token": subject,
                "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
                "requested_token_type": "urn:ietf:params:oauth:token-type:access_token",
            }
        case ClientCredentialsGrant():
            form = {"grant_type": "client_credentials"}
        case _:
            assert_never(grant)
    if grant.scope:
        form["scope"] = grant.scope
    if grant.audience:
        form["audience"] = grant.audience
    headers: dict[str, str] = {}
    if grant.client_secret:
        # RFC 6749, 2.3.1: every issuer must support Basic; each half is form-encoded before they are joined.
        pair = f"{quote_plus(grant.client_id)}:{quote_plus(grant.client_secret)}"
        headers["authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    elif grant.client_id:
        form["client_id"] = grant.client_id
    return urlencode(form).encode(), headers


def read_token(status: int, body: bytes, now_s: float) -> Token:
    """Read the endpoint's answer.

    Raises:
        TokenError: the answer has no bearer token that fits into a header field.
    """
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise TokenError(f"status {status} without a JSON object")
    if status != 200:
        error = answer.get("error")
        code = error if isinstance(error, str) and error in _KNOWN_ERRORS else "no known error code"
        raise TokenError(f"status {status}, {code}", blames_subject=status == 400 and code in _ABOUT_THE_SUBJECT)
    text, kind = answer.get("access_token"), answer.get("token_type", _BEARER)
    if not isinstance(kind, str) or kind.lower() not in _TYPES:
        raise TokenError("a token that is not a bearer token")
    if not isinstance(text, str) or len(text) > _MAX_TOKEN_LENGTH or not _TOKEN.fullmatch(text):
        raise TokenError("no token that fits into a header field")
    lifetime_s = _lifetime_s(answer.get("expires_in"))
    good_for_s = max(lifetime_s / 2, lifetime_s - _MARGIN_S)
    return Token(text=text, refresh_at_s=now_s + good_for_s * _REFRESH_AT, good_until_s=now_s + good_for_s)


def _lifetime_s(expires_in: object) -> float:
    if isinstance(expires_in, str) and re.fullmatch(r"[0-9]{1,9}", expires_in):
        return float(expires_in)
    if isinstance(expires_in, int | float) and not isinstance(expires_in, bool) and 0 <= expires_in < 1e9:
        return float(expires_in)
    return _DEFAULT_LIFETIME_S
