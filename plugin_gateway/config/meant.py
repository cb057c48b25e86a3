"""What was meant: the line that mends a typical slip, for a mistake whose own hint can only be general."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugin_gateway.config.mistake import Mistake

    Pointer = tuple[str | int, ...]

_VARIABLE: Final = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)(?::-[^}]*)?\}?")
_QUOTED: Final = re.compile(r"\"[^\"]*\"|'[^']*'")
_TOKENS: Final = "callers with a token of yours: {type: service_http, tokens: [{name: NAME, env: VARIABLE}]}"
_USERS: Final = "callers with a name and password: {type: user_http, authorization_type: basic, users: FILE}"
_AUTH: Final = {
    **dict.fromkeys(("bearer", "token", "tokens", "api_key", "apikey", "key", "http", "service"), _TOKENS),
    **dict.fromkeys(("basic", "password", "user", "users"), _USERS),
    **dict.fromkeys(("oauth2", "oidc", "openid", "jwt", "openidconnect"), "access tokens: {type: oauth, …}"),
    **dict.fromkeys(("off", "false", "no", "anonymous", "public"), "anybody may call: {type: none}"),
}
_LISTS: Final = frozenset({"allow", "deny", "cors"})
_LONGEST_SHOWN: Final = 80


def meant(pointer: Pointer, mistake: Mistake, value: Any) -> str:
    """Give the hint for a mistake at `pointer`, whose value is `value`; empty where the mistake's own is as good."""
    if isinstance(value, str) and (variable := _VARIABLE.fullmatch(value.strip())):
        if mistake.rule == "secret-source" or (mistake.rule == "wrong-type" and _is_secret(pointer)):
            return f"`${{…}}` is not filled in here: write {{env: {variable[1]}}}"
        if mistake.rule == "secret-missing" and pointer[-1:] == ("env",):
            return f"write the name alone: {{env: {variable[1]}}}"
    if mistake.rule == "bad-value" and pointer == ("auth", "type"):
        return _auth(value)
    if mistake.rule != "wrong-type" or not pointer:
        return ""
    if pointer == ("upstream",) and isinstance(value, str):
        return f"write `upstream: {{url: {value}}}`" if "://" in value else "write `upstream: {url: https://…}`"
    if pointer == ("auth",) and isinstance(value, str):
        words = {"none", "service_http", "user_http", "oauth"}
        return f"write `auth: {{type: {value}}}`" if value in words else _auth(value)
    if pointer[-1] in _LISTS:
        return _entries(value)
    if str(pointer[-1]).endswith("credential"):
        return "write {bearer: {env: NAME}}, or {header: NAME, value: {env: NAME}}"
    return ""


def meant_by_line(lines: Sequence[str], number: int, pointer: Pointer) -> str:
    """Give the hint for text that is not YAML from line `number` on; empty where there is nothing to guess."""
    line = lines[number - 1] if 0 < number <= len(lines) else ""
    if variable := _VARIABLE.search(_QUOTED.sub("", line)):
        return f"`${{…}}` is not filled in here, and braces begin a mapping: write {{env: {variable[1]}}}"
    before = next((one for one in reversed(lines[: max(number - 1, 0)]) if one.strip()), "")
    if pointer[:1] and pointer[0] in _LISTS and ":" not in before and before.lstrip()[:1] not in ("-", "#", "["):
        return f"begin each entry of a list with a dash and a blank: `- {before.strip()[:_LONGEST_SHOWN]}`"
    return ""


def _auth(value: Any) -> str:
    return _AUTH.get(str(value).casefold().replace("-", "_"), "")


def _entries(value: Any) -> str:
    if isinstance(value, dict) and value:
        first = next(iter(value.items()))
        shown = f"{first[0]}: {first[1]}" if isinstance(first[1], str) else f"{first[0]}: …"
        return f"begin each entry with a dash: `- {shown[:_LONGEST_SHOWN]}`"
    if isinstance(value, str) and value:
        if value.startswith("-"):
            return f"put a blank after each dash: `- {value.lstrip('-').split()[0]}`"
        return f"begin each entry with a dash: `- {value[:_LONGEST_SHOWN]}`"
    return ""


def _is_secret(pointer: Pointer) -> bool:
    return any(str(part).endswith("credential") for part in pointer)
