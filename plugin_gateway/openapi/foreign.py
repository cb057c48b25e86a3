"""A foreign file: another kind of file, given in place of an OpenAPI document."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from plugin_gateway.diagnostics import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping

_RULE: Final = "not-a-document"
_EXPORT: Final = "export it as OpenAPI 3"
_LOOKED_AT_BYTES: Final = 20_000
# The keys by which a kind of file is recognised, its name, and a hint. A file must have all keys of a row. The surest rows come
# first.
_BY_KEYS: Final = (
    (("asyncapi",), "an AsyncAPI document", "give the OpenAPI document of the HTTP API"),
    (("arazzo",), "an Arazzo document", "give the document that its `sourceDescriptions` name"),
    (("overlay", "actions"), "an overlay", "give the document that it applies to"),
    (("swaggerVersion",), "a Swagger 1.2 document", "convert it to OpenAPI 3"),
    (("schema_version", "name_for_model"), "a plugin manifest", "give the document that its `api.url` names"),
    (("discoveryVersion",), "a Google discovery document", "convert it to OpenAPI 3"),
    (("info", "item"), "a Postman collection", _EXPORT),
    (("_type", "resources"), "an Insomnia export", _EXPORT),
    (("smithy",), "a Smithy model", _EXPORT),
    (("log",), "an HTTP archive (HAR)", "give the OpenAPI document of the API that it recorded"),
    (("mcpServers",), "the config of an MCP client", ""),
    (("apiVersion", "kind"), "a Kubernetes object", "give the document, which may be one of its values"),
    (("services",), "a Compose file", ""),
    (("name", "version", "scripts"), "a package.json", ""),
    (("$schema",), "a JSON Schema", ""),
)
_PAGE: Final = (
    "give the address of the document: a page such as Swagger UI loads it from another URL; "
    "if it is a page to log in, send a key with `openapi.headers`"
)
# Only a file that is not an OpenAPI document needs these patterns, so they are not compiled here.
_BY_START: Final = (
    (rb"(?i)\s*<(?:!doctype html|html|head|body|script)", "an HTML page", _PAGE),
    (rb"\s*<[?!A-Za-z]", "XML", _EXPORT),
    (rb"\s*#%RAML", "a RAML document", _EXPORT),
    (rb"FORMAT: 1A\s", "an API Blueprint", _EXPORT),
    (rb"version https://git-lfs", "a pointer of Git LFS", "run `git lfs pull`"),
    (rb"PK\x03\x04", "a ZIP archive", "unpack it"),
    (rb"\x1f\x8b", "a gzip file", "unpack it"),
    (rb"%PDF-", "a PDF file", ""),
)
_BY_LINE: Final = (
    (rb"(?m)^[ \t]*(?:syntax\s*=\s*[\"']proto|service\s+\w+\s*\{)", "a Protocol Buffers file", _EXPORT),
    (
        rb"(?m)^[ \t]*(?:extend[ \t]+)?(?:type|schema|interface|enum|input)\b[^:\n]*\{",
        "a GraphQL schema",
        "",
    ),
)
_IS_MEANT: Final = rb"\b(?:openapi|swagger)[\"']?\s*:"


def foreign_value(root: Mapping[str, Any]) -> Finding | None:
    """Return a finding if a mapping is a known kind of file other than an OpenAPI document, else None."""
    source = root.get("openapi")
    if "paths" not in root and ("upstream" in root or "allow" in root):
        hint = (
            f"give its document: {source}" if isinstance(source, str) else "give the document that its `openapi` names"
        )
        return _finding("a config of plugin-gateway", hint)
    if "openapi" in root or "swagger" in root:
        return None
    for keys, what, hint in _BY_KEYS:
        if root.keys() >= {*keys}:
            return _finding(what, hint)
    key, inner = next(iter(root.items())) if len(root) == 1 else ("", None)
    if isinstance(inner, dict) and inner.keys() & {"openapi", "swagger"} and "info" in inner:
        message = f"the OpenAPI document is nested below the key {str(key)[:40]!r}"
        return Finding(rule=_RULE, message=message, hint="put only the value of this key into the file", pointer=(key,))
    return None


def foreign_text(data: bytes) -> Finding | None:
    """Return a finding if text that is no document is a known kind of file, else None."""
    start = data[:_LOOKED_AT_BYTES]
    found = next((row for row in _BY_START if re.match(row[0], start)), None)
    if found is None and not re.search(_IS_MEANT, start):
        found = next((row for row in _BY_LINE if re.search(row[0], start)), None)
    return _finding(*found[1:]) if found else None


def _finding(what: str, hint: str) -> Finding:
    return Finding(rule=_RULE, message=f"this is {what}, not an OpenAPI document", hint=hint, pointer=())
