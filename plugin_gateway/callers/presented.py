"""The presented credential: the content of a client's Authorization field. A field that is ambiguous is refused."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugin_gateway.callers.authentication import Authentication
    from plugin_gateway.refusal import Refusal

MAX_CREDENTIAL_BYTES: Final = 8192

# One space, and no space in the credential. RFC 9110, 11.4 allows more spaces, but they could also separate two credentials.
_CREDENTIALS: Final = re.compile(rb"([A-Za-z]+) ([\x21-\x7e]+)")


def read_presented(values: Sequence[bytes], authentication: Authentication) -> bytes | Refusal:
    """Return the bare token, or `user:password`, from the values of all Authorization fields.

    An ambiguous field is refused. So are two fields: the upstream, a log or another proxy may read the other one.
    """
    if not values:
        return authentication.refuse("missing-credential", "The call carries no credential.")
    if len(values) > 1:
        return authentication.refuse_ambiguous()
    match = _CREDENTIALS.fullmatch(values[0])
    if match is None or len(values[0]) > MAX_CREDENTIAL_BYTES:
        return authentication.refuse("invalid-credential", "The Authorization field is malformed.")
    scheme, token = match.groups()
    if scheme.lower() != authentication.scheme:
        return authentication.refuse("unsupported-scheme", "This gateway does not support that authentication scheme.")
    if authentication.scheme == b"bearer":
        return token
    login = read_login(token)
    if login is None:
        return authentication.refuse("invalid-credential", "The Authorization field is malformed.")
    return login


def read_login(token: bytes) -> bytes | None:
    """Decode the `user:password` of a Basic credential (RFC 7617); return None if it is malformed."""
    try:
        login = base64.b64decode(token, validate=True)
        text = login.decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    # Each spelling would count as another credential, so a login may have only one spelling.
    if base64.b64encode(login) != token or ":" not in text or not text.isprintable():
        return None
    return login
