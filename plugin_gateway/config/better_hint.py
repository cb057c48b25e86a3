"""A better hint: the line that corrects a typical mistake, in place of a general hint."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from plugin_gateway.config.auth import KINDS
from plugin_gateway.config.entry_hint import of_entries, of_entry
from plugin_gateway.config.fields import pointer_meant
from plugin_gateway.config.find import PREFIX
from plugin_gateway.config.mistake import nearest
from plugin_gateway.config.secrecy import may_be_secret
from plugin_gateway.config.units import format_size
from plugin_gateway.config.variable import variable_in, variable_named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugin_gateway.config.mistake import Mistake
    from plugin_gateway.diagnostics import Pointer


_TOKENS: Final = "for callers with a token that you issue: {type: service_http, tokens: [{name: NAME, env: VARIABLE}]}"
_USERS: Final = "for callers with a name and password: {type: user_http, authorization_type: basic, users: FILE}"
_AUTH: Final = {
    **dict.fromkeys(("bearer", "token", "tokens", "api_key", "apikey", "key", "http", "service"), _TOKENS),
    **dict.fromkeys(("basic", "password", "user", "users"), _USERS),
    **dict.fromkeys(
        ("oauth2", "oidc", "openid", "jwt", "openidconnect"), "for access tokens of a provider: {type: oauth, …}"
    ),
    **dict.fromkeys(("off", "false", "no", "anonymous", "public", ""), "to let every client call: {type: none}"),
}
_MISSING: Final = {
    "openapi": "add `openapi: openapi.yaml`, the file or URL of the full document",
    "upstream": "add `upstream: {url: https://api.example.com}`, the URL of the API",
    "allow": "add `allow: [OPERATION]`, where OPERATION is an operationId or `METHOD /path`",
}
_ELEMENTS: Final = {
    "tokens": "write {name: NAME, env: VARIABLE} for each token",
    "consumers": "write {name: NAME, match: {token: NAME}, allow: [OPERATION]} for each caller",
}
_MAPPINGS: Final = {
    "limit_items": "for example {/data: 20}",
    "fixed": "for example {/source: plugin}",
    "claims": "for example {department: sales}",
    "verification_tokens": "write a mapping: {openai: TOKEN}",
}
_LISTS_OF_OPERATIONS: Final = frozenset({"allow", "deny"})
_OF_THE_PATH: Final = frozenset({"path", "prefix", "base_path", "basepath", "basePath", "strip_prefix", "rewrite"})
_LEVELS: Final = {
    **dict.fromkeys(("trace", "verbose", "all", "fine"), "debug"),
    **dict.fromkeys(("notice", "normal"), "info"),
    **dict.fromkeys(("critical", "fatal", "severe"), "error"),
}
_PAIR: Final = re.compile(r"([A-Za-z_]{2,40})\s*(?:=\s*|:(?!//)(?=\S))(\S.*)")
_VERIFYING: Final = re.compile(r"verif|insecure|skip_?verify|reject_?unauthorized|ssl_no", re.IGNORECASE)
_BEARER: Final = re.compile(r"bearer\s+(.*)", re.IGNORECASE)
_CURLY: Final = frozenset("“”‘’„‚«»`´")  # noqa: RUF001  # as word processors write them
_LONGEST_SHOWN: Final = 80
_MOST_SHOWN: Final = 3
_PATHS: Final = re.compile(r"[\w$./\[\]*, -]{1,80}")
_BOUND: Final = re.compile(r"write ([0-9]+) or (more|less)")


def better_hint(pointer: Pointer, mistake: Mistake, value: Any, *, root: Any = None) -> str:
    """Return a hint for a mistake at `pointer`, whose value is `value`; empty if the mistake's own hint is as good.

    `pointer` has the right spelling of misspelt keys. `root` is the whole config.
    """
    if mistake.rule == "bad-operation" and "://" in str(value):
        return _below_upstream(mistake.hint, root)
    return next((hint for hint in _hints(pointer, mistake, value) if hint), "")


def _below_upstream(hint: str, root: Any) -> str:
    """Return the hint for an entry that is a URL, without the path of `upstream.url`: templates begin after it."""
    upstream = root.get("upstream") if isinstance(root, dict) else None
    url = upstream.get("url") if isinstance(upstream, dict) else None
    prefix = re.sub(r"[a-z]+://[^/]*", "", url).rstrip("/") if isinstance(url, str) else ""
    return hint.replace(f" {prefix}/", " /", 1) if prefix else hint


def _hints(pointer: Pointer, mistake: Mistake, value: Any) -> Iterator[str]:
    if not pointer:
        return
    yield _variable(pointer, mistake, value)
    if isinstance(value, str) and value[:1] in _CURLY and not may_be_secret(pointer):
        yield f"{value[0]} is not a quote in YAML: write \" or ' instead"
    if mistake.rule == "missing-key" and len(pointer) == 1:
        yield _MISSING.get(str(pointer[0]), "")
    if mistake.rule == "missing-key" and pointer == ("auth", "tokens"):
        yield "add `tokens: [{name: NAME, env: VARIABLE}]`"
    if mistake.rule == "missing-key" and pointer[:2] == ("auth", "tokens"):
        yield "for example {name: NAME, env: VARIABLE}"
    if mistake.rule == "unknown-key":
        yield _unknown(pointer, value)
        if pointer[:1] == ("auth",) and len(pointer) == 2 and not mistake.instead_of:
            yield _AUTH.get(str(pointer[1]).casefold().replace("-", "_"), "")
    if mistake.rule == "secret-source" and isinstance(value, str) and (match := _BEARER.match(value)):
        if not _is_secret(pointer):
            yield "write {env: NAME}; the variable holds the whole value, `Bearer` included"
        yield f"write `credential: {{bearer: {{env: {variable_named(match[1]) or 'NAME'}}}}}`"
    if pointer == ("log", "level") and str(value).casefold() in _LEVELS:
        yield f"write {_LEVELS[str(value).casefold()]}; valid: debug, info, warning, error"
    if pointer in (("admin",), ("metrics",)) and mistake.rule == "bad-address":
        yield _listener(str(pointer[0]), value)
    if pointer in (("auth",), ("auth", "type")) and mistake.rule in ("wrong-type", "bad-value"):
        yield _auth(pointer, value)
    if isinstance(value, str) and (bound := _BOUND.fullmatch(mistake.hint)):
        yield f"write {format_size(int(bound[1]))} or {bound[2]}"
    if mistake.rule == "wrong-type":
        yield _type(pointer, value)


def _variable(pointer: Pointer, mistake: Mistake, value: Any) -> str:
    if not isinstance(value, str):
        return ""
    if name := variable_named(value):
        if mistake.rule == "secret-source" or (mistake.rule == "wrong-type" and _is_secret(pointer)):
            return f"variables are not expanded here: write {{env: {name}}}"
        if mistake.rule == "secret-missing" and pointer[-1:] == ("env",):
            return f"write only the name: {{env: {name}}}"
    if variable_in(value) and not may_be_secret(pointer) and mistake.rule != "unknown-operation":
        why = "" if "not expanded" in mistake.message else "variables are not expanded here: "
        parts = [part for part in pointer if isinstance(part, str)]
        if pointer == ("openapi", "source"):
            parts.pop()  # `openapi` is text in most files
        if all(isinstance(part, str) for part in pointer):
            return f"{why}set {PREFIX}{'__'.join(parts).upper()} in the environment"
        return f"{why}write the value"
    return ""


def _listener(key: str, value: Any) -> str:
    if value is False or str(value).casefold() in ("none", "off", "false"):
        return f"to turn it off, write `{key}: null`" if key == "admin" else "to turn it off, remove the key"
    if value is True or str(value).startswith("/") or (isinstance(value, dict) and "port" not in value):
        return f"write an address: `{key}: 127.0.0.1:8081`; the paths are fixed"
    return ""


def _unknown(pointer: Pointer, value: Any) -> str:
    key = str(pointer[-1])
    if pointer[:2] == ("upstream", "headers"):
        return f"to set a header, write `credential: {{header: {key[:40]}, value: {{env: NAME}}}}`"
    if pointer[0] == "upstream" and _VERIFYING.search(key):
        return "certificates are always verified: name the authority to trust with `tls: {ca: FILE}`"
    if pointer[0] == "upstream" and len(pointer) == 2 and key in _OF_THE_PATH:
        return "write the path in `url`, such as https://api.example.com/v1"
    if pointer[0] == "upstream" and key in ("proxy", "http_proxy", "https_proxy"):
        return "remove it: the gateway connects to `url` without a proxy"
    if len(pointer) == 2 and pointer[0] == key:
        return f"`{key}` is written twice: remove this line, and move its keys up"
    if pointer == ("workers",):
        return f"remove it, and start `plugin-gateway serve --workers {value if isinstance(value, int) else 'N'}`"
    if pointer in (("overlays",), ("overlay",), ("refresh",)):
        name = "refresh: 1h" if key == "refresh" else "overlays: [FILE]"
        return f"move it below `openapi`: `openapi: {{source: DOCUMENT, {name}}}`"
    if pointer == ("version",):
        return "remove it: gateway.yaml has no version"
    if pointer[0] == "consumers" and key in ("token", "user", "scope", "claims"):
        return f"write `match: {{{key}: …}}`"
    if pointer[0] == "mcp" and key in ("enabled", "enable", "on", "disabled", "off", "active"):
        return "remove it: the endpoint is on, and `mcp: false` turns it off"
    if pointer[0] == "manifest" and key in ("api", "schema_version"):
        return f"remove it: the gateway writes `{key}` into the manifest"
    if pointer == ("upstream", "port"):
        return "write the port in `url`, such as https://api.example.com:8443"
    if pointer[0] == "log" and key in ("file", "filename", "path", "output", "destination", "to", "target"):
        return "the log goes to standard error: redirect it to a file in the shell or the container"
    if len(pointer) == 1 and key.startswith(("x-", ".")):
        return "remove it: custom keys are not supported; an anchor (`&name`) belongs where its value is first used"
    if len(pointer) == 1 and key in ("port", "http_port") and isinstance(value, int | str):
        return f"write `listen: :{value}`"
    return ""


def _type(pointer: Pointer, value: Any) -> str:
    last = pointer[-1]
    if pointer == ("upstream",) and isinstance(value, str):
        url = re.sub(r"^url\s*[:=]\s*", "", value)
        return f"write `upstream: {{url: {url}}}`" if "://" in url else "write `upstream: {url: https://…}`"
    if pointer == ("upstream", "timeout") and isinstance(value, int | float | str) and not isinstance(value, bool):
        return f"write {{total: {value}{'' if isinstance(value, str) else 's'}}}"
    if last in _LISTS_OF_OPERATIONS:
        return of_entries(str(last), value)
    if last == "tag" and isinstance(value, list) and len(value) > 1 and all(isinstance(tag, str) for tag in value):
        return f"write one entry for each tag: {', '.join(f'`- tag: {tag}`' for tag in value[:_MOST_SHOWN])}"
    if isinstance(last, int):
        if pointer[0] in _LISTS_OF_OPERATIONS and len(pointer) == 2:
            return of_entry(value)
        return _ELEMENTS.get(str(pointer[-2]), "")
    if pointer[0] == "auth" and last in ("token", "tokens"):
        return "write a list: [{name: NAME, env: VARIABLE}]"
    if str(last).endswith("credential") and (value in (None, False) or str(value).casefold() in ("none", "off")):
        return f"leave `{last}` out if the API needs no credential"
    if str(last).endswith("credential"):
        return "write {bearer: {env: NAME}}, or {header: NAME, value: {env: NAME}}"
    if last == "cors":
        origins = re.split(r"[,\s]+", value.strip()) if isinstance(value, str) else _only_list(value)
        return (
            f"write [{', '.join(map(_plain, origins[:_MOST_SHOWN]))}]"
            if origins
            else "for example [https://chatgpt.com]"
        )
    if isinstance(value, str) and (match := _PAIR.fullmatch(value)) and not may_be_secret((*pointer, match[1])):
        return f"write a colon and a space: `{match[1]}: {match[2]}`"
    return _of_section(pointer, value)


def _of_section(pointer: Pointer, value: Any) -> str:
    """Return a hint for a mapping that is written as a single value."""
    if pointer == ("log",) and isinstance(value, str):
        word = value.lower()
        return f"write {{format: {word}}}" if word in ("json", "text", "auto") else f"write {{level: {word}}}"
    if pointer == ("public",) and isinstance(value, str) and "://" in value:
        return f"write {{url: {value}}}"
    if pointer == ("otel", "attributes"):
        return "write a mapping: {deployment.environment.name: production}"
    if pointer in (("openapi", "headers"), ("otel", "headers")):
        return "write a mapping: {NAME: {env: VARIABLE}}"
    if pointer == ("mcp",) and value is None:
        return "leave the key out, or write `mcp: false` to turn the endpoint off"
    if pointer == ("mcp",):
        is_off = str(value).casefold() in ("off", "none", "no", "false", "disabled")
        return "to turn it off, write `mcp: false`" if is_off else "leave it out: the endpoint is on by default"
    if pointer == ("auth", "users"):
        return "write the lines that `plugin-gateway hash-token` prints to a file, and name it: `users: FILE`"
    if pointer[-1] in ("scope", "required_scope") and isinstance(value, list):
        return f'write "{" ".join(map(str, value))}"' if all(isinstance(one, str) for one in value) else ""
    if pointer == ("upstream", "tls") and isinstance(value, bool):
        return "remove it: `https://` or `http://` in `url` decides"
    if pointer[0] == "allow" and pointer[-1] in ("request", "response") and isinstance(value, list):
        pointers = [f"/{one.strip('/')}" for one in value if isinstance(one, str) and re.fullmatch(r"[\w/*-]+", one)]
        return f"write {{keep: [{', '.join(pointers[:_MOST_SHOWN])}]}}" if pointers else ""
    if pointer[0] == "allow" and pointer[-1] in ("keep", "drop", "links") and isinstance(value, str):
        pointers = [pointer_meant(one.strip()) for one in value.split(",")]
        return f"write [{', '.join(pointers)}]" if all(pointers) and _PATHS.fullmatch(value) else ""
    if pointer[-1] == "parameters":
        return "write a mapping: {NAME: hidden} or {NAME: {maximum: 50}}"
    if pointer[0] == "consumers" and pointer[-1] == "match":
        return "for example {token: NAME}"
    if pointer == ("consumers",):
        return f"write a list: [{_ELEMENTS['consumers'].removeprefix('write ').removesuffix(' for each caller')}]"
    return _MAPPINGS.get(str(pointer[-1]), "")


def _only_list(value: Any) -> list[str]:
    """Return the list of texts that is the only list in a mapping, as in `cors: {origins: […]}`."""
    lists = [member for member in value.values() if isinstance(member, list)] if isinstance(value, dict) else []
    return lists[0] if len(lists) == 1 and all(isinstance(one, str) for one in lists[0]) else []


def _plain(text: str) -> str:
    """Write text as a YAML scalar, in quotes if it needs them."""
    return text[:_LONGEST_SHOWN] if re.fullmatch(r"[A-Za-z0-9][\w./:-]*", text) else f'"{text[:_LONGEST_SHOWN]}"'


def _auth(pointer: Pointer, value: Any) -> str:
    word = "" if value is None else str(value).casefold().replace("-", "_")
    if pointer == ("auth",) and value in ("none", "service_http", "user_http", "oauth"):
        return f"write `auth: {{type: {value}}}`"
    if pointer == ("auth", "type") and word not in _AUTH:
        return f"{nearest(value, KINDS)}valid: {', '.join(KINDS)}"
    return _AUTH.get(word, "")


def _is_secret(pointer: Pointer) -> bool:
    return any(str(part).endswith("credential") for part in pointer)
