"""A refusal: the gateway's own answer to a call it does not forward, as problem details (RFC 9457), and the table of its codes."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plugin_gateway.errors import UpstreamError, WireError

MEDIA_TYPE: Final = "application/problem+json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a call stops here. Names allowed things only: it never tells what exists upstream.

    `code` is stable and is what programs and access records read; `detail` and `hint` are for whoever made the call,
    often a model; `members` are further problem-details members such as the declared query names; `headers` are
    response fields that belong to the status, such as Allow or Retry-After.
    """

    status: int
    code: str
    detail: str
    hint: str = ""
    members: Mapping[str, Any] = field(default_factory=dict)
    headers: tuple[tuple[bytes, bytes], ...] = ()


# Not a 401: a client would log in again, and follow the challenge to the upstream's authorization server.
CREDENTIAL_REFUSED: Final = Refusal(
    status=502,
    code="upstream-credential-refused",
    detail="The API did not take the credential that this gateway puts into the call. Yours is not the reason.",
    hint="The operator of this gateway must renew it; the gateway's log names the credential.",
)

TITLES: Final = MappingProxyType(
    {
        # The target and the query, judged by the gate.
        "ambiguous-path": "The path can be read in more than one way",
        "malformed-query": "The query is malformed",
        "malformed-target": "The request target is malformed",
        "method-not-allowed": "The method is not offered here",
        "operation-not-found": "No such operation",
        "target-too-long": "The request target is too long",
        "undeclared-query-parameter": "The operation has no such query parameter",
        # The caller.
        "ambiguous-credential": "The call has more than one credential",
        "expired-credential": "The credential has expired",
        "insufficient-scope": "The credential is not good for this",
        "invalid-credential": "The credential is not good",
        "missing-credential": "The call has no credential",
        "no-consumer": "The credential stands for no consumer",
        "too-many-bad-credentials": "Too many credentials were not good",
        "unsupported-scheme": "Credentials of that scheme are not taken",
        "verification-unavailable": "Credentials cannot be verified",
        # The OAuth façade.
        "invalid-oauth-request": "The OAuth request is malformed",
        "provider-failed": "The authorization server failed",
        "unknown-client": "There is no such OAuth client",
        "unregistered-redirect": "The redirect URI is not registered",
        "unsupported-grant": "The grant is not supported",
        "unsupported-media-type": "The media type is not taken here",
        # The body, judged by the gate.
        "malformed-media-type": "The Content-Type is malformed",
        "method-override": "The body asks for another method",
        "undeclared-media-type": "The operation takes no body of this type",
        "unreadable-body": "The body can be read in more than one way",
        "unsupported-charset": "The charset of the body is not read here",
        "unsupported-coding": "The body is coded",
        # The client's bytes.
        "ambiguous-framing": "The end of the message is ambiguous",
        "body-not-declared": "The operation takes no body",
        "body-timeout": "The request body came too slowly",
        "bad-chunk": "The chunked body is malformed",
        "bad-content-length": "Content-Length is malformed",
        "bad-field-line": "A header line is malformed",
        "bad-head": "The request head is malformed",
        "bad-host": "The Host field is malformed",
        "bad-request-line": "The request line is malformed",
        "bad-transfer-encoding": "Transfer-Encoding is not understood",
        "head-timeout": "The request head came too slowly",
        "head-too-large": "The request head is too large",
        "incomplete-request": "The request broke off",
        "http-version-not-supported": "The HTTP version is not supported",
        "request-too-large": "The request body is too large",
        "too-many-connections": "The gateway is busy",
        "too-many-fields": "There are too many header fields",
        "unknown-expectation": "The expectation cannot be met",
        "unknown-profile": "There is no such profile of the document",
        "websocket-not-supported": "WebSocket is not forwarded",
        # Limits, and the credential for the upstream.
        "credential-not-exchanged": "The credential is not taken upstream",
        "limit-store-unavailable": "Calls cannot be counted",
        "rate-limited": "Too many calls",
        "response-too-large": "The answer is too large",
        "too-many-calls": "The gateway is busy",
        "upstream-token-unavailable": "There is no token for the upstream",
        # The gateway itself; `elsewhere` is an answer of `explain` only.
        "elsewhere": "The URL is not the gateway's",
        "internal-error": "The gateway failed",
        "no-raw-path": "The server does not say what the client sent",
        # The upstream.
        "bad-upstream-answer": "The upstream's answer is malformed",
        "unreadable-answer": "The upstream's answer cannot be checked for secrets",
        "upstream-busy": "The upstream is busy",
        "upstream-credential-refused": "The upstream does not take the gateway's credential",
        "upstream-closed": "The upstream broke off",
        "upstream-connect-timeout": "The upstream could not be reached in time",
        "upstream-timeout": "The upstream did not answer in time",
        "upstream-unreachable": "The upstream cannot be reached",
    }
)
"""A short title for each stable code. One code is one kind of problem, whatever its detail (RFC 9457, 3.1.3)."""


def problem_details(refusal: Refusal, *, request_id: str = "") -> bytes:
    """The body of the answer, JSON in one line. Members of the refusal cannot replace the standard ones."""
    details: dict[str, Any] = {
        **refusal.members,
        "type": f"urn:plugin-gateway:problem:{refusal.code}",
        "title": TITLES.get(refusal.code) or _phrase(refusal.status),
        "status": refusal.status,
        "detail": refusal.detail,
        "code": refusal.code,
    }
    if refusal.hint:
        details["hint"] = refusal.hint
    if request_id:
        details["instance"] = f"urn:plugin-gateway:request:{request_id}"
    ordered = {name: details.pop(name) for name in _ORDER if name in details} | details
    return json.dumps(ordered, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")


def refusal_of(error: WireError | UpstreamError) -> Refusal:
    """The answer to bytes that are no request, or to an upstream that gave none."""
    return Refusal(status=error.status, code=error.code, detail=error.detail)


_ORDER = ("type", "title", "status", "detail", "code", "hint", "instance")


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Refused"
