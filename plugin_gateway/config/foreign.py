"""A foreign file: text or a value that is not a gateway.yaml at all, and the kind of file that it is."""

from __future__ import annotations

import re
from typing import Any, Final

from plugin_gateway.config.misplaced import moved
from plugin_gateway.config.mistake import Mistake, nearest_key
from plugin_gateway.config.model import Config

_START: Final = "write one with `plugin-gateway init SPEC`, where SPEC is the OpenAPI document"
# Top-level keys that identify a kind of file, if it has all keys of a row; the surest rows come first.
_BY_KEYS: Final = (
    (("_format_version",), "Kong's declarative config"),
    (("apiVersion", "kind"), "a Kubernetes object"),
    (("static_resources",), "Envoy's config"),
    (("http", "providers"), "Traefik's config"),
    (("http",), "Traefik's config"),
    (("endpoints", "version"), "KrakenD's config"),
    (("swagger", "paths"), "an OpenAPI document"),
    (("openapi", "paths"), "an OpenAPI document"),
    (("openapi", "info"), "an OpenAPI document"),
    (("asyncapi",), "an AsyncAPI document"),
    (("schema_version", "name_for_model"), "a plugin manifest"),
    (("mcpServers",), "the config of an MCP client"),
    (("services",), "a Compose file"),
    (("name", "version", "scripts"), "a package.json"),
)
# Only a file that is not a config needs these patterns, so they are not compiled here: that would take 3 ms of each start.
_BY_TEXT: Final = (
    (r"(?i)\s*<(?:!doctype|html|\?xml|[a-z]+[\s>])", "HTML or XML"),
    (r"(?m)^\s*(?:server|http|events|upstream\s+\w+|location\s+\S+)\s*\{", "nginx's config"),
    (r"(?m)^\s*[^\s{#]*:\d+\s*\{|^\s*(?:reverse_proxy|respond|handle)\s", "a Caddyfile"),
    (r"(?m)^\s*\[[A-Za-z_.\"-]+\]\s*$|^\s*[A-Za-z_]+\s*=\s*[\"'\[{\d]", "TOML or INI"),
    (r"\A(?:\s*[a-z][A-Za-z0-9_.-]*\s*=[^\n]*\n?)+\Z", "TOML or INI"),
    (r"(?m)^(?:export\s+)?[A-Z][A-Z0-9_]*=", "a file of environment variables"),
    (r"(?m)^#!|^\s*(?:import|from|def|package)\s+\w", "a program"),
)


def foreign_file(text: str, value: Any, *, is_yaml: bool) -> Mistake | None:
    """Return the mistake of a file that is not a config at all."""
    if is_yaml and not isinstance(value, str):
        return foreign_value(value) if value is not None else None
    if isinstance(value, dict):
        # Some section is readable: this is a config with invalid YAML.
        return None
    return foreign_text(text) or (foreign_value(value) if is_yaml else None)


def foreign_value(value: Any) -> Mistake | None:
    """Return the mistake of a value that is another kind of file, or has no key of gateway.yaml; None for a config."""
    if isinstance(value, dict):
        keys = {str(key) for key in value}
        own = set(Config.known_keys())
        has_document = isinstance(value.get("paths"), dict) and isinstance(value.get("info"), dict)
        if has_document or not keys & own:
            for row, what in _BY_KEYS:
                if keys.issuperset(row):
                    return _mistake(what)
        inner = next(iter(value.values())) if len(value) == 1 else None
        if isinstance(inner, dict) and len(own & set(inner)) > 1:
            message = f"the config is nested below the key `{next(iter(keys))[:40]}`"
            return Mistake("not-a-config", message, hint="remove this line, and unindent all others")
        is_ours = keys & own or any(nearest_key(key, own, Config.other_words) for key in keys)
        return None if is_ours or moved(value).written_at else _mistake("")
    if isinstance(value, list):
        return Mistake("not-a-config", "a config is a mapping, not a list", hint="remove the dash, or " + _START)
    return _mistake("")


def foreign_text(text: str) -> Mistake | None:
    """Return the mistake of a text that is a known kind of file, but not a mapping in YAML; else None."""
    for pattern, what in _BY_TEXT:
        if re.search(pattern, text[:20_000]):
            return _mistake(what)
    return None


def _mistake(what: str) -> Mistake:
    if what == "an OpenAPI document":
        message = "this is an OpenAPI document, not a config that names one"
        return Mistake("not-a-config", message, hint="write a config for it with `plugin-gateway init FILE`")
    message = f"this is {what}, not a config of plugin-gateway" if what else "this file has no key of gateway.yaml"
    return Mistake("not-a-config", message, hint=_START)
