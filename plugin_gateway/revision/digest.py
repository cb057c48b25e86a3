"""The digest of a revision: revisions that behave differently have different digests, and a digest depends on no secret.

`/readyz` and the log show the digest. If it depended on a secret, a reader could test guesses against it offline. So a rotated
secret gives a new revision number but the same digest. The digest does depend on whether there is a credential, its kind, and
where it goes.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import TYPE_CHECKING, Final

from plugin_gateway.admission.limits import CallLimits
from plugin_gateway.approvals.settings import ApprovalSettings
from plugin_gateway.callers.authentication import IntrospectionSettings, ListedTokens
from plugin_gateway.callers.users import Scrypt, Users
from plugin_gateway.credentials.grant import ClientCredentialsGrant, TokenExchangeGrant
from plugin_gateway.credentials.injection import Injection
from plugin_gateway.publish.face import Face
from plugin_gateway.revision.canonical import Omitted, Rules, as_it_is, canonical
from plugin_gateway.revision.model import Revision
from plugin_gateway.revision.tls_files import TlsFiles
from plugin_gateway.shape.request.parameters import Parameters
from plugin_gateway.shape.request.part import PathPart
from plugin_gateway.shape.request.reader import Reader
from plugin_gateway.shape.values.validator import Validator
from plugin_gateway.tools.tool_set import ToolSet

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from plugin_gateway.gate.permit import OperationRule


def digest_of(revision: Revision) -> str:
    """Return the SHA-256 of the revision's canonical form, by `RULES`."""
    return hashlib.sha256(canonical(revision, RULES)).hexdigest()


def digest_of_rule(revision: Revision, rule: OperationRule) -> bytes:
    """Return the SHA-256 of one operation of a revision, with the destination and the credential of its calls."""
    parts = rule, revision.upstream, revision.injection_of(rule)
    return hashlib.sha256(canonical(parts, RULES)).digest()


def _is_there(secret: object) -> bool:
    return bool(secret)


def _names(by_hash: Mapping[bytes, str]) -> list[str]:
    return sorted(by_hash.values())


def _headers(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes, bytes]]:
    """Return the names of the fields; for Authorization, also its scheme and user."""
    return [
        (name, *(_scheme_and_user(value) if name.lower() == b"authorization" else (b"", b"")))
        for name, value in headers
    ]


def _scheme_and_user(value: bytes) -> tuple[bytes, bytes]:
    scheme, _, rest = value.partition(b" ")
    if scheme != b"Basic":
        return (scheme, b"") if scheme == b"Bearer" else (b"", b"")
    try:
        user, colon, _ = base64.b64decode(rest, validate=True).partition(b":")
    except binascii.Error:
        return scheme, b""
    return scheme, user if colon else b""


def _names_of_pairs(pairs: bytes) -> list[bytes]:
    """Return the names of the parameters of a query, or of the cookies in a Cookie field."""
    return [pair.partition(b"=")[0].strip() for pair in re.split(b"[&;]", pairs) if pair]


RULES: Final[Rules] = {
    Revision: {
        "number": Omitted("a gateway counts its own revisions"),
        "read_injection": as_it_is,
        "write_injection": as_it_is,
        "operation_injections": as_it_is,
        "other_secrets": len,
        "operations_total": Omitted("a denied operation matters only through its shadows, which are in the gate"),
        "log": Omitted("the log is neither served nor forwarded"),
        "audit": Omitted("the audit is neither served nor forwarded"),
        "otel": Omitted("traces and metrics are neither served nor forwarded"),
        "warnings": Omitted("findings are neither served nor forwarded"),
        "notes": Omitted("findings are neither served nor forwarded"),
        "pinned": Omitted("it is for the next compile; its effect on this one is in the gate"),
        "held": Omitted("these operations are closed, which is in the gate"),
        "drifted": Omitted("it tells the operator; its effect is in the gate and the faces"),
    },
    Face: {
        "media_type": as_it_is,
        "body": as_it_is,
        "etag": Omitted("it is a hash of `body`"),
        "gzip": Omitted("it is `body`, compressed by this machine's zlib"),
        "gzip_etag": Omitted("it is a hash of `gzip`"),
    },
    ToolSet: {"tools": as_it_is},
    Parameters: {
        "parts": as_it_is,
        "path_parts": as_it_is,
        "whole_query": as_it_is,
        "changes_cookies": Omitted("it follows from `parts`"),
        "only_reports": as_it_is,
        "reads_fields": Omitted("it follows from `parts`"),
    },
    PathPart: {"pattern": lambda pattern: pattern and pattern.pattern},
    Reader: dict.fromkeys(
        ("place", "name", "style", "kind", "validator", "is_required", "allows_empty", "is_enforced"), as_it_is
    ),
    Validator: {"schema": as_it_is},
    Injection: {
        "headers": _headers,
        "query": _names_of_pairs,
        "cookies": _names_of_pairs,
        "secrets": Omitted("they are the values of the fields, parameters and cookies"),
        "grant": as_it_is,
    },
    ClientCredentialsGrant: {"client_secret": _is_there},
    TokenExchangeGrant: {"client_secret": _is_there},
    ListedTokens: {"names": _names},
    IntrospectionSettings: {"client_secret": _is_there},
    Users: {"passwords": as_it_is, "tokens": _names},
    Scrypt: {"salt": Omitted("it changes with the password"), "key": Omitted("it is a hash of the password")},
    TlsFiles: {"ca": as_it_is, "cert": as_it_is, "key": _is_there},
    CallLimits: {"store_url": _is_there},
    ApprovalSettings: {"key_hash": _is_there, "store_url": _is_there},
}
"""The rules for fields that hold secrets, and for fields that do not count."""
