"""The media type of a request body, judged by the gate: its operation must declare it, and its charset must be readable.

Origins parse undeclared types, too. A form sent in place of JSON can bypass checks that only cover JSON.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from plugin_gateway.refusal import Refusal
from plugin_gateway.shape.media_type import admits, is_media_type, read_media_type

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugin_gateway.gate.permit import OperationRule

OPAQUE: Final = 0
"""A body in which no framework looks for a method."""
FORM: Final = 1
MULTIPART: Final = 2
JSON: Final = 3
TEXT: Final = 4
"""Text, which a lenient origin reads as JSON if it looks like JSON."""

InspectedKind: TypeAlias = Literal[1, 2, 3, 4]
"""`FORM`, `MULTIPART`, `JSON` or `TEXT`: a body that is searched for a method."""
ContentKind: TypeAlias = Literal[0, 1, 2, 3, 4]
"""An `InspectedKind`, or `OPAQUE`."""

_SHOWN_CHARACTERS: Final = 100
# UTF-7, UTF-16 and EBCDIC spell the names in a form or JSON with other bytes: WAF bypasses use `charset=ibm037`.
_CHARSETS: Final = frozenset({b"", b"utf-8", b"utf8", b"us-ascii", b"ascii", b"iso-8859-1", b"latin1", b"windows-1252"})
_UNTYPED: Final = b"application/octet-stream"
"""The type that a server may assume for a body without Content-Type (RFC 9110, 8.3)."""


def judge_body(rule: OperationRule, types: Sequence[bytes], codings: Sequence[bytes]) -> ContentKind | Refusal:
    """How to inspect a body for method overrides (`FORM` and so on), or the refusal of the call.

    `types` and `codings` are the values of the Content-Type and Content-Encoding fields.
    """
    if not rule.has_request_body and rule.is_safe:
        # An unexpected body can smuggle a second request (`GET` with content, RFC 9110, 9.3.1). Unsafe methods may have a
        # body of any type even if the document forgot to declare it.
        return BODY_NOT_DECLARED
    given = [value for value in types if value]
    if not given:
        # Rack reads a POST without Content-Type as a form.
        is_taken = not rule.media_types or admits(rule.media_types, _UNTYPED)
        return _readable(FORM, b"", codings) if is_taken else _undeclared(b"", rule)
    media_type = read_media_type(given[0])
    if len(given) > 1 or media_type is None:
        return _AMBIGUOUS
    if rule.media_types and not admits(rule.media_types, media_type.name):
        return _undeclared(media_type.name, rule)
    return _readable(_kind_of(media_type.name), media_type.charset, codings)


def _kind_of(name: bytes) -> ContentKind:
    if name == b"application/x-www-form-urlencoded":
        return FORM
    if name.startswith(b"multipart/"):
        return MULTIPART
    if b"json" in name:
        return JSON
    return TEXT if name == b"text/plain" else OPAQUE


def _readable(kind: ContentKind, charset: bytes, codings: Sequence[bytes]) -> ContentKind | Refusal:
    if kind == OPAQUE:
        return kind
    if charset not in _CHARSETS:
        return _UNREADABLE_CHARSET
    coded = [coding for value in codings for coding in value.lower().replace(b" ", b"").split(b",")]
    return kind if all(coding in {b"", b"identity"} for coding in coded) else _UNREADABLE_CODING


def _undeclared(name: bytes, rule: OperationRule) -> Refusal:
    declared = [media_type.decode() for media_type in rule.media_types]
    sent = name.decode()[:_SHOWN_CHARACTERS]
    accept = b", ".join(media_type for media_type in rule.media_types if is_media_type(media_type))
    return Refusal(
        status=415,
        code="undeclared-media-type",
        detail=f"{rule.operation_id} does not accept a body of type {sent}."
        if sent
        else "The body has no Content-Type.",
        hint=f"Send it as {' or '.join(declared)}, with that Content-Type.",
        members={"sent": sent, "declared": declared},
        headers=((b"Accept", accept),) if accept else (),
    )


BODY_NOT_DECLARED: Final = Refusal(
    status=400,
    code="body-not-declared",
    detail="This operation takes no request body.",
    hint="Send the call without a body; its parameters go into the path and the query.",
)
_AMBIGUOUS: Final = Refusal(
    status=400,
    code="malformed-media-type",
    detail="The body must have exactly one well-formed Content-Type.",
    hint="Send one Content-Type field, such as `application/json`.",
)
_UNREADABLE_CHARSET: Final = Refusal(
    status=415,
    code="unsupported-charset",
    detail="The gateway does not support the charset of the body.",
    hint="Send the body in UTF-8.",
)
_UNREADABLE_CODING: Final = Refusal(
    status=415,
    code="unsupported-coding",
    detail="The gateway inspects bodies of this type, so the body must come without Content-Encoding.",
    hint="Send the body uncompressed.",
    headers=((b"Accept-Encoding", b"identity"),),
)
