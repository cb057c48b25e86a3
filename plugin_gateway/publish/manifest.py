"""The manifest: `/.well-known/ai-plugin.json`, from gateway.yaml, with defaults from the document's `info`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from msgspec import Struct

from plugin_gateway.config.address import is_this_machine
from plugin_gateway.config.published import EMAIL, MAX_LENGTHS, MODEL_NAME
from plugin_gateway.diagnostics import Finding, Severity
from plugin_gateway.publish.shorten import shorten

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plugin_gateway.openapi.document import Json, JsonObject

MANIFEST_PATH = "/.well-known/ai-plugin.json"
DOCUMENT_PATH = "/openapi.json"

_NO_AUTH: Final[Mapping[str, str]] = {"type": "none"}
_EXAMPLES: Final = {
    "name_for_human": "Orders",
    "name_for_model": "orders",
    "description_for_human": "Look up orders.",
    "description_for_model": "Use this to look up orders.",
    "contact_email": "api@example.com",
    "legal_info_url": "https://example.com/legal",
}
_USER_AUTH_TYPES = frozenset({"user_http", "oauth"})


class ManifestText(Struct, frozen=True, kw_only=True):
    """The texts under `manifest` in gateway.yaml. Empty ones get defaults."""

    name_for_human: str = ""
    name_for_model: str = ""
    description_for_human: str = ""
    description_for_model: str = ""
    contact_email: str = ""
    legal_info_url: str = ""


def build_manifest(
    text: ManifestText,
    info: JsonObject,
    public_url: str,
    *,
    logo_url: str,
    auth: Mapping[str, Json] = _NO_AUTH,
    document_path: str = DOCUMENT_PATH,
) -> tuple[JsonObject, tuple[Finding, ...]]:
    """Build the manifest. Do not serve it if the findings contain an error.

    A value of `text` is used unchanged or refused. An empty value is filled in from `info`, shortened to its limit with a
    warning. If `info` lacks it, too, localhost gets a placeholder with a warning, and every other host an error.
    """
    public_url = public_url.rstrip("/")
    findings: list[Finding] = []
    values = _defaults(info)
    for field, default in values.items():
        wanted: str = getattr(text, field)
        if wanted:
            findings += _check(field, wanted)
            values[field] = wanted
        elif default and not _check(field, default):
            values[field] = default
        elif default and field in MAX_LENGTHS:
            values[field] = _cut(field, default)
            findings.append(_shortened(field, default, values[field]))
        else:
            values[field] = _placeholder(field, public_url)
            findings.append(_missing(field, values[field], is_local=is_local_url(public_url)))
    # Absolute URLs on one host: some clients resolve neither relative URLs nor redirects.
    manifest = {
        "schema_version": "v1",
        **{name: values[name] for name in MAX_LENGTHS},
        "auth": dict(auth),
        "api": {
            "type": "openapi",
            # JSON, not YAML: clients that read YAML also read JSON, and JSON parses far faster.
            "url": public_url + document_path,
            "is_user_authenticated": auth.get("type") in _USER_AUTH_TYPES,
        },
        "logo_url": logo_url,
        "contact_email": values["contact_email"],
        "legal_info_url": values["legal_info_url"],
    }
    return manifest, tuple(findings)


def is_local_url(url: str) -> bool:
    """Return whether `url` is on this machine, the only host where plain http is allowed."""
    return is_this_machine(urlsplit(url).hostname or "")


def _defaults(info: JsonObject) -> dict[str, str]:
    contact = info.get("contact")
    title, summary, description = (_line(info.get(name)) for name in ("title", "summary", "description"))
    return {
        "name_for_human": title,
        "name_for_model": re.sub(r"[^A-Za-z0-9]+", "_", title).strip("_"),
        "description_for_human": summary or description or title,
        "description_for_model": description or summary or title,
        "contact_email": _line(contact.get("email")) if isinstance(contact, dict) else "",
        "legal_info_url": _line(info.get("termsOfService")),
    }


def _line(value: Json) -> str:
    if not isinstance(value, str):
        return ""
    return " ".join("".join(character if character.isprintable() else " " for character in value).split())


def _cut(field: str, text: str) -> str:
    if field == "name_for_model":
        return text[: MAX_LENGTHS[field]].rstrip("_")
    return shorten(text, MAX_LENGTHS[field])


def _check(field: str, value: str) -> list[Finding]:
    limit = MAX_LENGTHS.get(field)
    if limit is not None and len(value) > limit:
        shown = value if len(value) <= 120 else f"{value[:117]}..."
        return [
            _finding(
                field,
                f"{field} has {len(value)} characters, at most {limit} are allowed: {shown!r}",
                f"shorten it to {limit} characters",
                rule="manifest-too-long",
            )
        ]
    if field == "name_for_model" and not MODEL_NAME.fullmatch(value):
        return [
            _finding(field, f"{value!r} is not a valid name for a model", "use letters, digits and _ only, no spaces")
        ]
    if field == "contact_email" and not EMAIL.fullmatch(value):
        return [_finding(field, f"{value!r} is not an e-mail address", "write an address such as api@example.com")]
    if field == "legal_info_url" and not _is_public_link(value):
        return [
            _finding(field, f"{value!r} is not an absolute https URL", "write one such as https://example.com/legal")
        ]
    if field.startswith("name_") and not value.isprintable():
        return [_finding(field, f"{value!r} contains a control character", "write it on one line")]
    return []


def _is_public_link(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host, scheme = parts.hostname, parts.scheme
    except ValueError:
        return False
    if not host or any(character.isspace() for character in url):
        return False
    return scheme == "https" or (scheme == "http" and is_local_url(url))


def _placeholder(field: str, public_url: str) -> str:
    match field:
        case "contact_email":
            return "nobody@localhost"
        case "legal_info_url":
            return public_url
        case "name_for_model":
            return "gateway"
        case _:
            return "API gateway"


def _missing(field: str, filled_with: str, *, is_local: bool) -> Finding:
    source = {"contact_email": "info.contact.email", "legal_info_url": "info.termsOfService"}.get(field, "info.title")
    severity = Severity.WARNING if is_local else Severity.ERROR
    message = f"{field} is not set, and the document has no usable {source}"
    if is_local:
        message += f"; on localhost the gateway uses {filled_with!r}"
    hint = f"set manifest.{field}, such as `manifest: {{{field}: {_EXAMPLES[field]}}}`"
    return _finding(field, message, hint, rule="manifest-missing", severity=severity)


def _shortened(field: str, whole: str, short: str) -> Finding:
    message = f"{field} comes from the document, cut from {len(whole)} characters to {len(short)}"
    if len(short) <= 120:
        message += f": {short!r}"
    return _finding(field, message, f"set manifest.{field}", rule="manifest-shortened", severity=Severity.WARNING)


def _finding(
    field: str, message: str, hint: str, *, rule: str = "manifest-value", severity: Severity = Severity.ERROR
) -> Finding:
    return Finding(rule=rule, message=message, hint=hint, severity=severity, pointer=("manifest", field))
