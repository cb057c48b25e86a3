"""The façade's rules: which requests to `/oauth/authorize` and `/oauth/token` go on to the provider, and in what form.

An authorization server that sends a browser or a code to an unregistered address is an open redirector (RFC 9700, 4.1 and
4.11). So the façade answers a bad request itself, and never sends an error on to a redirect URI.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, urlencode

from msgspec import Struct

from plugin_gateway.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from plugin_gateway.config.auth import OAuthFacade

AUTHORIZE_PATH: Final = "/oauth/authorize"
TOKEN_PATH: Final = "/oauth/token"  # noqa: S105  # a path
MAX_TOKEN_REQUEST_BYTES: Final = 64 * 1024

_CALLBACK: Final = re.compile(
    r"https://(?:chat\.openai\.com|chatgpt\.com)/aip/((?:plugin-|g-)[A-Za-z0-9-]{1,64})/oauth/callback"
)
_CHALLENGE: Final = re.compile(r"[A-Za-z0-9\-._~]{43,128}")
_PASSED_ON: Final[tuple[str, ...]] = (
    "client_id",
    "redirect_uri",
    "state",
    "scope",
    "code_challenge",
    "code_challenge_method",
    "nonce",
    "prompt",
    "login_hint",
    "ui_locales",
    "audience",
    "resource",
)
_TOKEN_MEMBERS: Final[tuple[str, ...]] = (
    "grant_type",
    "code",
    "redirect_uri",
    "client_id",
    "client_secret",
    "code_verifier",
    "refresh_token",
    "scope",
    "audience",
    "resource",
)
_GRANTS: Final = frozenset({"authorization_code", "refresh_token"})
_MAX_VALUE: Final = 4096


class Facade(Struct, frozen=True, kw_only=True):
    """The provider's two endpoints, the clients that may use them, and the redirect URIs that are registered."""

    authorize: str
    token: str
    client_ids: frozenset[str]
    public_client_ids: frozenset[str]
    chatgpt_ids: frozenset[str]
    redirect_uris: frozenset[str]

    def knows_client(self, client_id: str) -> bool:
        return client_id in self.client_ids or client_id in self.public_client_ids

    def allows_redirect(self, uri: str) -> bool:
        """Compare as text, character by character (RFC 9700, 4.1.3): the URI is not normalised first."""
        if uri in self.redirect_uris:
            return True
        match = _CALLBACK.fullmatch(uri)
        return match is not None and ("*" in self.chatgpt_ids or match[1] in self.chatgpt_ids)


def build_facade(facade: OAuthFacade) -> Facade:
    return Facade(
        authorize=facade.authorize,
        token=facade.token,
        client_ids=frozenset(facade.client_ids),
        public_client_ids=frozenset(facade.public_client_ids),
        chatgpt_ids=frozenset(facade.chatgpt_ids),
        redirect_uris=frozenset(facade.redirect_uris),
    )


def judge_authorize(facade: Facade, query: bytes) -> str | Refusal:
    """Return the provider's URL to send the browser to. `query` is the request's, as it was on the wire."""
    parameters = _read_form(query)
    if parameters is None:
        return _refuse("The request is malformed, or repeats a parameter.")
    if not facade.knows_client(parameters.get("client_id", "")):
        return _refuse("No such client is registered here.", "unknown-client")
    if not facade.allows_redirect(parameters.get("redirect_uri", "")):
        return _refuse("The redirect_uri is not registered for this client.", "unregistered-redirect")
    if parameters.get("response_type") != "code":
        return _refuse("The only supported response_type is `code`.")
    if not parameters.get("state"):
        return _refuse("`state` is missing: without it the client cannot detect a forged answer.")
    challenge, method = parameters.get("code_challenge"), parameters.get("code_challenge_method")
    if challenge is None and method is None:
        if parameters["client_id"] in facade.public_client_ids:
            return _refuse("A client without a secret must use PKCE (RFC 7636): `code_challenge` is missing.")
    # An absent method means `plain`, which protects nothing against a reader of the request.
    elif method != "S256" or not _CHALLENGE.fullmatch(challenge or ""):
        return _refuse("The only supported code_challenge_method is `S256`, with a well-formed code_challenge.")
    passed_on = {"response_type": "code"} | {name: parameters[name] for name in _PASSED_ON if name in parameters}
    separator = "&" if "?" in facade.authorize else "?"
    return facade.authorize + separator + urlencode(passed_on)


def judge_token(facade: Facade, media_type: str, body: bytes, *, basic_client_id: str | None) -> bytes | Refusal:
    """Return the form to post to the provider. ChatGPT may send JSON, which becomes the form that the standard requires.

    `basic_client_id` is the client that the Authorization field names, or None without that field.
    """
    kind = media_type.partition(";")[0].strip().lower()
    if kind not in ("application/json", "application/x-www-form-urlencoded"):
        return _refuse("A token request must be a form or JSON.", "unsupported-media-type", 415)
    parameters = _read_json(body) if kind == "application/json" else _read_form(body)
    if parameters is None:
        return _refuse("The token request is malformed, or repeats a parameter.")
    client_id = parameters.get("client_id", basic_client_id or "")
    if basic_client_id is not None and (client_id != basic_client_id or "client_secret" in parameters):
        return _refuse("The client authenticates in two ways; only one is allowed (RFC 6749, 2.3).")
    if not facade.knows_client(client_id):
        return _refuse("No such client is registered here.", "unknown-client")
    if parameters.get("grant_type") not in _GRANTS:
        return _refuse("The only supported grants are `authorization_code` and `refresh_token`.", "unsupported-grant")
    if "redirect_uri" in parameters and not facade.allows_redirect(parameters["redirect_uri"]):
        return _refuse("The redirect_uri is not registered for this client.", "unregistered-redirect")
    if (
        client_id in facade.public_client_ids
        and parameters["grant_type"] == "authorization_code"
        and not _CHALLENGE.fullmatch(parameters.get("code_verifier", ""))
    ):
        return _refuse("A client without a secret must use PKCE (RFC 7636): `code_verifier` is missing.")
    return urlencode({name: parameters[name] for name in _TOKEN_MEMBERS if name in parameters}).encode()


def _read_form(data: bytes) -> dict[str, str] | None:
    try:
        pairs = parse_qsl(
            data.decode("ascii"), keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=64
        )
    except ValueError:
        return None
    return _once(pairs)


def _read_json(data: bytes) -> dict[str, str] | None:
    try:
        pairs = json.loads(data, object_pairs_hook=list)
    except (ValueError, RecursionError):
        return None
    if not isinstance(pairs, list) or not all(isinstance(pair, tuple) and isinstance(pair[1], str) for pair in pairs):
        return None
    return _once(pairs)


def _once(pairs: Sequence[tuple[str, str]]) -> dict[str, str] | None:
    """RFC 6749, 3.1: no parameter more than once. The gateway and the provider might read different copies of it."""
    parameters = dict(pairs)
    if len(parameters) != len(pairs) or any(
        len(value) > _MAX_VALUE or not value.isprintable() for value in parameters.values()
    ):
        return None
    return parameters


def _refuse(detail: str, code: str = "invalid-oauth-request", status: int = 400) -> Refusal:
    # RFC 6749, 5.2: OAuth clients read `error`; other clients read the problem details.
    error = {"unknown-client": "invalid_client", "unsupported-grant": "unsupported_grant_type"}
    members: Mapping[str, str] = {"error": error.get(code, "invalid_request")}
    return Refusal(status=status, code=code, detail=detail, members=members)
