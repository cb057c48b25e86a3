"""Secrecy: where in gateway.yaml a secret may be, and how text from there is masked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugin_gateway.diagnostics import Pointer

# Matches words of the keys, not the model: a secret under a misspelt key is a secret, too.
_SECRET_WORD: Final = re.compile(
    r"credential|secret|token|passw|bearer|basic|api.?key|authori[sz]ation|security|auth$|headers|cookie|redis|private|(^|[^a-z])key",
    re.IGNORECASE,
)
_PLAIN_KEYS: Final = frozenset(
    {
        "env", "file", "header", "query", "cookie", "username", "name", "type", "authorization_type", "token_url",
        "client_id", "scope", "scopes", "audience", "introspection", "client_url", "authorization_url", "passthrough",
        "authorization_content_type", "issuer", "algorithms", "forward", "pass_set_cookie", "cache", "jwks_url",
        "instructions", "authorize", "redirect_uris", "users", "required_scope", "leeway", "documents", "client_ids",
        "public_client_ids", "chatgpt_ids", "bad_credentials",
    }
)  # fmt: skip
_TLS: Final = ("upstream", "tls")
# A password may contain characters that end an authority. Text after the colon counts as one unless it is a port.
_USERINFO: Final = re.compile(
    r"""(?<=://)(?:[^/?#\s"'@]*:(?![0-9]*(?:[/?#\s"',}\]]|$))[^"'\n]*@|[^/?#\s"'@]*:[^\s"']*@|[^/\s"']*@)"""
)
_URL_QUERY: Final = re.compile(r"(://[^\s\"'?]*\?)[^\s\"'}\],]+")
# Also a key with `=`, or without a space after its colon: that may be why the text is not YAML.
_WRITTEN_KEY: Final = re.compile(r"([A-Za-z0-9_.-]+)[\"']?\s*(?::(?!//)|=)")
# A key at the beginning of a comment or of a mapping in it, with a plain value: a setting that a person turned off.
_TURNED_OFF: Final = re.compile(r"(?:^\s*#[#\s-]*|[{,]\s*)[\"']?([A-Za-z0-9_.-]+)[\"']?\s*(?::\s+|=)(?=[^\s{\[*&#])")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PEM: Final = "-----BEGIN"


def may_be_secret(pointer: Pointer) -> bool:
    """Return whether the scalar at `pointer` may be a secret, even under an unknown key."""
    keys = [part for part in pointer if isinstance(part, str)]
    if not keys or tuple(keys[:2]) == _TLS or keys[-1].lower() in _PLAIN_KEYS:
        return False
    return keys[-1].lower() == "value" or any(_SECRET_WORD.search(key) for key in keys)


def is_perhaps_secret(pointer: Pointer, value: object) -> bool:
    """Return whether `value` at `pointer` may be a secret.

    People also write a secret where the name of a variable or file belongs.
    """
    if may_be_secret(pointer) or _PEM in str(value):
        return True
    last = pointer[-1] if pointer else ""
    is_name = last == "env" or (last == "name" and any(str(part).endswith("credential") for part in pointer))
    return is_name and not _NAME.fullmatch(str(value))


def without_url_secrets(text: str) -> str:
    """Mask user names, passwords and query strings in URLs; the length stays the same."""
    text = _USERINFO.sub(lambda match: "*" * (len(match[0]) - 1) + "@", text)
    return _URL_QUERY.sub(lambda match: match[1] + "*" * (len(match[0]) - len(match[1])), text)


def masked_unparsed(lines: Iterable[str]) -> list[str]:
    """Mask the lines of a text that is not YAML, in which values have no known place.

    This masks everything after a key that may hold a secret, and whole lines below such a key.
    """
    masked: list[str] = []
    # The indents of the lines that the current line is below, and whether a key there, or above it, may hold a secret.
    above: list[tuple[int, bool]] = []
    for line in lines:
        if not line.strip():
            masked.append(line)
            continue
        indent = _indent(line)
        while above and above[-1][0] >= indent:
            above.pop()
        is_below_secret = bool(above) and above[-1][1]
        secret = next((key for key in _WRITTEN_KEY.finditer(line) if _holds_secret(key[1])), None)
        if is_below_secret:
            masked.append(re.sub(r"\S", "*", line))
        elif secret is not None:
            masked.append(line[: secret.end()] + re.sub(r"\S", "*", line[secret.end() :]))
        else:
            masked.append(without_url_secrets(line))
        above.append((indent, is_below_secret or secret is not None))
    return masked


def without_comment_secrets(line: str) -> str:
    """Mask the value of a setting that is turned off by `#` and may be a secret; the length stays the same."""
    if not line.lstrip().startswith("#"):
        return line
    for match in _TURNED_OFF.finditer(line):
        if _holds_secret(match[1]):
            return line[: match.end()] + re.sub(r"\S", "*", line[match.end() :])
    return line


def _holds_secret(key: str) -> bool:
    return may_be_secret((key,))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t-"))
