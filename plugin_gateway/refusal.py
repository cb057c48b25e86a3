"""A refusal: the gateway's own answer to a call it does not forward, as problem details (RFC 9457), and the table of codes."""

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


# Not a struct: each call asks several times whether a result is a refusal, and `isinstance` takes three times as long for a
# struct.
@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why the gateway does not forward a call. It names allowed operations only, so it reveals nothing about the upstream.

    `code` is stable, for programs and access records; `detail` and `hint` are for the caller, often a model; `members`
    are further problem-details members such as the declared query names; `headers` are response fields that belong to
    the status, such as Allow or Retry-After.
    """

    status: int
    code: str
    detail: str
    hint: str = ""
    members: Mapping[str, Any] = field(default_factory=dict)
    headers: tuple[tuple[bytes, bytes], ...] = ()


RETRY_SOON: Final = ((b"Retry-After", b"1"),)

# 502 and not 401: on a 401 the client would log in again, and follow the challenge to the upstream's authorization server.
CREDENTIAL_REFUSED: Final = Refusal(
    status=502,
    code="upstream-credential-refused",
    detail="The API refused the credential that this gateway adds to the call. Your own credential is not the cause.",
    hint="The gateway's operator must renew it; the gateway's log names the credential.",
)

TITLES: Final = MappingProxyType(
    {
        # The target and the query, judged by the gate.
        "ambiguous-path": "The path can be read in more than one way",
        "malformed-query": "The query is malformed",
        "malformed-target": "The request target is malformed",
        "method-not-allowed": "The method is not allowed on this path",
        "operation-not-found": "No such operation",
        "target-too-long": "The request target is too long",
        "undeclared-query-parameter": "The operation has no such query parameter",
        # The caller.
        "ambiguous-credential": "The call has more than one credential",
        "expired-credential": "The credential has expired",
        "insufficient-scope": "The credential lacks a required scope",
        "invalid-credential": "The credential is not valid",
        "missing-credential": "The call has no credential",
        "no-consumer": "The credential belongs to no consumer",
        "too-many-bad-credentials": "Too many credentials were not valid",
        "unsupported-scheme": "The authentication scheme is not supported",
        "verification-unavailable": "The gateway cannot verify credentials",
        # The OAuth façade.
        "invalid-oauth-request": "The OAuth request is malformed",
        "provider-failed": "The authorization server failed",
        "unknown-client": "There is no such OAuth client",
        "unregistered-redirect": "The redirect URI is not registered",
        "unsupported-grant": "The grant is not supported",
        "unsupported-media-type": "The media type is not supported",
        # The body, judged by the gate.
        "invalid-request": "The call does not match its description",
        "malformed-media-type": "The Content-Type is malformed",
        "method-override": "The body overrides the request method",
        "parameter-in-body": "The body repeats a parameter of the query",
        "undeclared-media-type": "The operation does not accept this media type",
        "unreadable-body": "The body can be read in more than one way",
        "unsupported-charset": "The charset of the body is not supported",
        "unsupported-coding": "The body has a Content-Encoding",
        # The approval of a person.
        "approval-decided": "The decision about the call is final",
        "approval-denied": "A person denied the call",
        "approval-needed": "A person must approve the call",
        "approval-not-found": "There is no such approval",
        "approval-unavailable": "The call needs an approval that the gateway cannot get",
        "malformed-decision": "The decision is malformed",
        "not-an-approver": "The approver's key is missing or wrong",
        "too-many-approvals": "Too many calls wait for an approval",
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
        "incomplete-request": "The request ended early",
        "http-version-not-supported": "The HTTP version is not supported",
        "request-too-large": "The request body is too large",
        "too-many-connections": "The gateway is busy",
        "too-many-fields": "There are too many header fields",
        "unknown-expectation": "The expectation cannot be met",
        "unknown-profile": "The document has no such profile",
        "websocket-not-supported": "WebSocket is not forwarded",
        # The MCP endpoint.
        "host-not-allowed": "The gateway does not answer under this name",
        "not-acceptable": "The client accepts no type of answer that the gateway has",
        "no-token-passthrough": "MCP forbids passing on the client's token",
        "origin-not-allowed": "Web pages of this origin may not call",
        # The admin listener.
        "no-page-secret": "The cookie of a browser is not enough",
        "no-console-session": "The request has no session of the console",
        "too-many-viewers": "Too many pages show the traffic",
        "unknown-path": "There is no such path",
        "wrong-console-key": "The key of the console is missing or wrong",
        # The console.
        "bad-question": "The question is malformed",
        "config-changed": "gateway.yaml has changed",
        "document-changed": "The document has changed",
        "config-read-only": "gateway.yaml cannot be written",
        "config-refused": "The gateway would refuse gateway.yaml",
        "console-unavailable": "The console cannot answer now",
        "invalid-arguments": "The arguments do not make a valid call",
        "trial-timeout": "The call took too long",
        # Limits, and the credential for the upstream.
        "credential-not-exchanged": "The credential cannot be exchanged",
        "limit-store-unavailable": "The gateway cannot count calls",
        "rate-limited": "Too many calls",
        "response-too-large": "The answer is too large",
        "too-many-calls": "The gateway is busy",
        "upstream-token-unavailable": "The gateway has no token for the upstream",
        # The gateway itself; `elsewhere` is an answer of `explain` only.
        "elsewhere": "The URL is not the gateway's",
        "internal-error": "The gateway failed",
        "no-raw-path": "The server does not pass on the raw path",
        # The upstream.
        "bad-upstream-answer": "The upstream's answer is malformed",
        "invalid-answer": "The upstream's answer does not match its description",
        "unreadable-answer": "The gateway cannot read the upstream's answer",
        "unshapable-answer": "The gateway cannot remove fields from the upstream's answer",
        "upstream-busy": "The upstream is busy",
        "upstream-credential-refused": "The upstream refused the gateway's credential",
        "upstream-closed": "The upstream ended its answer early",
        "upstream-connect-timeout": "The gateway could not reach the upstream in time",
        "upstream-timeout": "The upstream did not answer in time",
        "upstream-unreachable": "The gateway cannot reach the upstream",
    }
)
"""A short title for each stable code. Each code is one kind of problem; only its detail varies (RFC 9457, 3.1.3)."""


def problem_details(refusal: Refusal, *, request_id: str = "") -> bytes:
    """The body of the answer: JSON in one line. The refusal's `members` cannot replace the standard ones."""
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


def own_body(refusal: Refusal, *, request_id: str = "") -> tuple[bytes, str]:
    """The body of the answer and its media type: problem details, or the members alone if the call may still succeed."""
    if refusal.status < 400:
        members = {**refusal.members, "detail": refusal.detail}
        return json.dumps(members, ensure_ascii=False, separators=(",", ":")).encode(
            errors="replace"
        ), "application/json"
    return problem_details(refusal, request_id=request_id), MEDIA_TYPE


def refusal_of(error: WireError | UpstreamError) -> Refusal:
    """The refusal of a malformed request, or of a call that the upstream did not answer.

    If the gateway is full, it says when to try again (RFC 9110, 15.6.4).
    """
    headers = RETRY_SOON if error.status == 503 else ()
    return Refusal(status=error.status, code=error.code, detail=error.detail, headers=headers)


_ORDER = ("type", "title", "status", "detail", "code", "hint", "instance")


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Refused"
