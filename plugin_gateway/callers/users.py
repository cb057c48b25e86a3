"""The users file: names and hashed credentials, one user per line, and the check of a caller's password against a hash.

alice:scrypt$16384$8$1$c2FsdA==$aGFzaA==     a password: slow to guess, for `basic` only
ci:sha256$9f86d081884c7d65…                  a token with at least 128 random bits, which needs no slow hash
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import re
from typing import TYPE_CHECKING, Final

from msgspec import field

from plugin_gateway.diagnostics import Finding
from plugin_gateway.discreet import Discreet

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAME: Final = re.compile(r"[^\x00-\x20:\x7f]{1,128}")
_SHA256: Final = re.compile(r"sha256\$([0-9a-fA-F]{64})")
_SCRYPT: Final = re.compile(
    r"scrypt\$([0-9]{1,7})\$([0-9]{1,2})\$([0-9]{1,2})\$([A-Za-z0-9+/=]{8,88})\$([A-Za-z0-9+/=]{44})"
)
_MAX_SCRYPT_BYTES: Final = 64 * 1024 * 1024
_KEY_BYTES: Final = 32
_N, _R, _P = 1 << 14, 8, 1
"""16 MiB and some 40 ms for each guess: what RFC 7914 recommends for interactive logins."""


class Scrypt(Discreet, frozen=True, kw_only=True):
    """A salted password hash (RFC 7914)."""

    HIDDEN = ("salt", "key")

    n: int
    r: int
    p: int
    salt: bytes
    key: bytes

    def verify(self, password: bytes) -> bool:
        """Compare the password with the hash. It takes some 40 ms, so never call it on the event loop."""
        made = hashlib.scrypt(
            password, salt=self.salt, n=self.n, r=self.r, p=self.p, dklen=len(self.key), maxmem=_MAX_SCRYPT_BYTES
        )
        return hmac.compare_digest(made, self.key)


class Users(Discreet, frozen=True, kw_only=True):
    """The users, by name and by the digest of their token. The `repr` shows no hash."""

    HIDDEN = ("passwords", "tokens")

    passwords: Mapping[str, Scrypt] = field(default_factory=dict)
    tokens: Mapping[bytes, str] = field(default_factory=dict)
    """The user's name, by the SHA-256 of the token."""

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.passwords, *self.tokens.values())


def read_users(text: str, *, scheme: str) -> tuple[Users, tuple[Finding, ...]]:
    """Read the file. Empty lines and lines that start with `#` are skipped. Findings quote no hash."""
    passwords: dict[str, Scrypt] = {}
    tokens: dict[bytes, str] = {}
    findings: list[Finding] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, colon, hashed = line.strip().partition(":")
        if not colon or not _NAME.fullmatch(name):
            findings.append(_bad_line(number, "is not `name:hash`"))
        elif name in passwords or name in tokens.values():
            findings.append(_bad_line(number, f"repeats the user `{name}`"))
        elif match := _SHA256.fullmatch(hashed):
            if (digest := bytes.fromhex(match[1])) in tokens:
                findings.append(_bad_line(number, "repeats another user's token"))
            tokens[digest] = name
        elif (scrypt := _read_scrypt(hashed)) is None:
            findings.append(_bad_line(number, "has neither a `scrypt$…` nor a `sha256$…` hash"))
        elif scheme == "bearer":
            # A bearer token names no user, so the gateway would have to hash it with the salt of every user.
            findings.append(_bad_line(number, "has a scrypt hash, which works with `authorization_type: basic` only"))
        else:
            passwords[name] = scrypt
    if not passwords and not tokens and not findings:
        findings.append(
            Finding(rule="no-users", message="the users file has no user", hint=_HINT, pointer=("auth", "users"))
        )
    return Users(passwords=passwords, tokens=tokens), tuple(findings)


def hash_password(password: str) -> str:
    """Return the hash of a password in the format of the users file."""
    salt = os.urandom(16)
    key = hashlib.scrypt(password.encode(), salt=salt, n=_N, r=_R, p=_P, dklen=_KEY_BYTES, maxmem=_MAX_SCRYPT_BYTES)
    return f"scrypt${_N}${_R}${_P}${base64.b64encode(salt).decode()}${base64.b64encode(key).decode()}"


def hash_token(token: str) -> str:
    """Return the hash of a random token in the format of the users file."""
    return f"sha256${hashlib.sha256(token.encode()).hexdigest()}"


DECOY: Final = Scrypt(n=_N, r=_R, p=_P, salt=b"decoy-decoy-decoy", key=bytes(_KEY_BYTES))
"""The password of an unknown user is compared with this, so that the time taken reveals no user names."""

_HINT: Final = "write one line per user: NAME:scrypt$… or NAME:sha256$…, as `plugin-gateway hash-token NAME` prints it"


def _read_scrypt(text: str) -> Scrypt | None:
    match = _SCRYPT.fullmatch(text)
    if match is None:
        return None
    n, r, p = (int(match[group]) for group in (1, 2, 3))
    # Bound the cost of one guess; `hashlib` requires a power of two.
    if (
        n < 1024
        or n & (n - 1)
        or not 1 <= r <= 16
        or not 1 <= p <= 4
        or 128 * n * r + 1024 * p * r > _MAX_SCRYPT_BYTES // 2
    ):
        return None
    decoded = tuple(_decoded(match[group]) for group in (4, 5))
    if not decoded[0] or len(decoded[1]) != _KEY_BYTES:
        return None
    return Scrypt(n=n, r=r, p=p, salt=decoded[0], key=decoded[1])


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return b""


def _bad_line(number: int, what: str) -> Finding:
    return Finding(
        rule="bad-users-file", message=f"line {number} of the users file {what}", hint=_HINT, pointer=("auth", "users")
    )
