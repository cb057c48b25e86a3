"""Published fields: the types of values of `manifest` and `plugin`, which clients, directories and registries show or read."""

from __future__ import annotations

import base64
import re
from typing import Annotated, Any, Final

from msgspec import Meta

from plugin_gateway.config import published
from plugin_gateway.config.fields import SECRET_SCHEMA, text_schema
from plugin_gateway.config.mistake import Mistake
from plugin_gateway.config.reader import FieldSite, Parsed, ParsedAt, PrepareRaw, SchemaWords
from plugin_gateway.config.secret_text import cleaned
from plugin_gateway.config.secrets import placeholder, resolve

_PACKAGE_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,62}[a-z0-9])?")
_REGISTRY_NAME: Final = re.compile(r"[A-Za-z0-9.-]+/[A-Za-z0-9._-]+")
_MAX_REGISTRY_NAME: Final = 200
_PROOF: Final = re.compile(r"v=MCPv1; k=(ed25519|ecdsap384); p=([A-Za-z0-9+/]+=*)")
_KEY_BYTES: Final = {"ed25519": 32, "ecdsap384": 49}  # a point of P-384 is compressed


def _max_length(key: str, pattern: str = r"\S") -> Any:
    return SchemaWords({"maxLength": published.MAX_LENGTHS[key], "pattern": pattern})


def _bounded(key: str) -> PrepareRaw:
    limit = published.MAX_LENGTHS[key]

    def check(value: Any) -> Any:
        if isinstance(value, str) and len(value) > limit:
            raise Mistake(
                "too-long", f"`{key}` has {len(value)} characters; the limit is {limit}", got=value, hint="shorten it"
            )
        if isinstance(value, str) and not value.strip():
            raise Mistake("empty", f"`{key}` is empty", hint="leave the key out to use the document's text")
        return value

    return PrepareRaw(check)


def _model_name(value: Any) -> Any:
    if isinstance(value, str) and not published.MODEL_NAME.fullmatch(value):
        fixed = re.sub(r"[^A-Za-z0-9_]+", "_", value).strip("_")
        raise Mistake(
            "bad-name",
            "may contain only letters, digits and `_`",
            got=value,
            hint=f"for example {fixed}" if fixed else "",
        )
    return value


def _email(value: Any) -> Any:
    if isinstance(value, str) and not published.EMAIL.fullmatch(value):
        email = published.EMAIL.search(value)
        hint = f"write {email[0]}" if email else "for example api@example.com"
        raise Mistake("bad-email", "not an e-mail address", got=value, hint=hint)
    return value


def _open_text(value: Any, site: FieldSite) -> str:
    """Read a text that the gateway publishes: the text itself, or its `env` or `file`, where deployments also keep secrets."""
    if isinstance(value, str):
        return cleaned(value)
    around = site.around
    if not isinstance(value, dict):
        hint = "write the text, {env: NAME} or {file: PATH}"
        raise Mistake("wrong-type", "expected text or its source", got=value, hint=hint)
    if isinstance(file := value.get("file"), str) and "\0" not in file:
        around.on_file(around.folder / file)
    try:
        return resolve(value, environ=around.environ, folder=around.folder).reveal()
    except Mistake as mistake:
        if around.needs_secrets or mistake.rule != "secret-missing":
            raise
        return placeholder(value).reveal()


def _registry_proof(value: Any, site: FieldSite) -> str:
    text = _open_text(value, site)
    match = _PROOF.fullmatch(text)
    try:
        size = len(base64.b64decode(match[2], validate=True)) if match else 0
    except ValueError:
        size = 0
    if (match is None or size != _KEY_BYTES[match[1]]) and site.around.needs_secrets:
        hint = "write the line that `mcp-publisher` printed: v=MCPv1; k=ed25519; p=PUBLIC_KEY"
        raise Mistake("bad-value", "not a public key for the MCP registry", hint=hint)
    return text


def _package_name(value: Any) -> str:
    if not isinstance(value, str) or not _PACKAGE_NAME.fullmatch(value) or "--" in value or ".." in value:
        words = re.sub(r"[^a-z0-9]+", "-", value.lower()).strip("-")[:64].rstrip("-") if isinstance(value, str) else ""
        hint = f"write {words}" if words else "use lower case, digits and single hyphens"
        raise Mistake("bad-name", "not the name of a package", got=value, hint=hint)
    return value


def _registry_name(value: Any) -> str:
    if not isinstance(value, str) or not _REGISTRY_NAME.fullmatch(value) or len(value) > _MAX_REGISTRY_NAME:
        hint = "write NAMESPACE/NAME, such as com.example/orders or io.github.USER/orders"
        raise Mistake("bad-name", "not a name in the MCP registry", got=value, hint=hint)
    return value


def _line(value: Any) -> Any:
    if isinstance(value, str) and (not value.strip() or not value.isprintable()):
        raise Mistake("bad-value", "expected one line of text", got=value, hint="write it on one line")
    return value.strip() if isinstance(value, str) else value


def _prose(value: Any) -> Any:
    if isinstance(value, str) and not value.strip():
        raise Mistake("empty", "the text is empty", hint="leave the key out")
    return value.strip() if isinstance(value, str) else value


_OPEN_SCHEMA: Final = {"anyOf": [{"type": "string", "minLength": 1}, SECRET_SCHEMA]}
OpenText = Annotated[str, ParsedAt(_open_text, _OPEN_SCHEMA)]
"""A text that the gateway publishes, from the same sources as a secret."""
RegistryProof = Annotated[str, ParsedAt(_registry_proof, _OPEN_SCHEMA)]
"""The line that proves to the MCP registry who owns the domain."""
PackageName = Annotated[
    str, Parsed(_package_name, text_schema("Lower case, digits and hyphens.", f"^{_PACKAGE_NAME.pattern}$"))
]
RegistryName = Annotated[str, Parsed(_registry_name, text_schema("NAMESPACE/NAME.", f"^{_REGISTRY_NAME.pattern}$"))]
Line = Annotated[str, PrepareRaw(_line), Meta(min_length=1)]
"""Text without line breaks and control characters."""
Prose = Annotated[str, PrepareRaw(_prose), Meta(min_length=1)]
"""Text of any form."""
Email = Annotated[str, PrepareRaw(_email), SchemaWords({"pattern": f"^{published.EMAIL.pattern}$"})]
NameForHuman = Annotated[str, _bounded("name_for_human"), _max_length("name_for_human")]
NameForModel = Annotated[
    str,
    PrepareRaw(_model_name),
    _bounded("name_for_model"),
    _max_length("name_for_model", pattern=f"^{published.MODEL_NAME.pattern}$"),
]
DescriptionForHuman = Annotated[str, _bounded("description_for_human"), _max_length("description_for_human")]
DescriptionForModel = Annotated[str, _bounded("description_for_model"), _max_length("description_for_model")]
