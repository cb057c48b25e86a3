"""Fields: the types of single values in gateway.yaml, each with its parser and its JSON Schema."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from msgspec import Meta

from plugin_gateway.config import address, units, url
from plugin_gateway.config.header_names import is_cookie_name, is_field_name, is_never_forwarded, is_written
from plugin_gateway.config.mistake import Mistake, flag_hint
from plugin_gateway.config.reader import FieldSite, Parsed, ParsedAt, PrepareRaw, SchemaWords
from plugin_gateway.config.secret_text import SecretPlace
from plugin_gateway.config.secrets import Secret, placeholder, resolve

_LONGEST_QUOTED: Final = 200
_POINTER: Final = re.compile(r"^(/([^~/]|~[01])*)+$")


class OverrideText(str):
    """Text of an environment override. It has no YAML type: the field that gets it parses numbers and booleans."""

    __slots__ = ()


def _secret(place: SecretPlace) -> ParsedAt:
    def read(value: Any, site: FieldSite) -> Secret:
        if isinstance(value, Secret):
            return value
        around = site.around
        if isinstance(value, dict) and isinstance(file := value.get("file"), str) and "\0" not in file:
            around.on_file(around.folder / file)
        header = site.earlier.get("header") or ""
        try:
            return resolve(value, environ=around.environ, folder=around.folder, place=place, header=header)
        except Mistake as mistake:
            if around.needs_secrets or mistake.rule != "secret-missing":
                raise
            return placeholder(value)

    return ParsedAt(read, SECRET_SCHEMA)


def pointer_meant(text: str) -> str:
    """Return the JSON pointer for a path in another notation, such as `items.id`; empty if it is not clear."""
    names = [name for name in re.split(r"[./]|\[([^\[\]]*)\]", text[:_LONGEST_QUOTED].removeprefix("$")) if name]
    return f"/{'/'.join(names)}" if names and len(text) < _LONGEST_QUOTED and "~" not in text else ""


def _json_pointer(value: Any) -> Any:
    if isinstance(value, str) and not _POINTER.fullmatch(value):
        meant = pointer_meant(value)
        hint = f"write {meant}" if meant else "for example /next or /_links/*/href"
        raise Mistake("bad-value", "not a JSON pointer below the root", got=value, hint=hint)
    return value


_DECIMAL: Final = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?")
_PERCENT: Final = re.compile(r"([0-9]{1,3})\s*%")


def _extension(value: Any) -> Any:
    if isinstance(value, str) and not value.startswith("x-"):
        raise Mistake("bad-value", "the name of an extension begins with `x-`", got=value, hint=f"write x-{value[:60]}")
    return value


def _count(value: Any) -> Any:
    return int(value) if isinstance(value, OverrideText) and re.fullmatch(r"[0-9]{1,15}", value) else value


def _number(value: Any) -> Any:
    if isinstance(value, OverrideText) and _DECIMAL.fullmatch(value):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or value - value != 0:
        percent = _PERCENT.fullmatch(value) if isinstance(value, str) else None
        hint = f"write {int(percent[1]) / 100:g}" if percent else "write it without quotes, such as 50"
        raise Mistake("wrong-type", "expected a number", got=value, hint=hint)
    return value


CONFIRM: Final = "confirm"
"""The value of `consequential` that holds each call until a person approves it."""


def as_flag(value: Any) -> Any:
    """Return the truth that an environment override spells, and any other value as it is."""
    return {"true": True, "false": False}.get(value.lower(), value) if isinstance(value, OverrideText) else value


def _on_off(value: Any) -> Any:
    return {"on": True, "off": False}.get(value, as_flag(value)) if isinstance(value, str) else value


def _consequential(value: Any) -> Any:
    read = value if value == CONFIRM else as_flag(value)
    if read != CONFIRM and not isinstance(read, bool):
        hint = flag_hint(value) or f"`{CONFIRM}` holds each call until a person approves it"
        raise Mistake("wrong-type", f"expected true, false or {CONFIRM}", got=value, hint=hint)
    return read


def as_items(value: Any) -> Any:
    """Return the items of a list, or of text of an override, as a tuple, and any other value as it is."""
    if isinstance(value, OverrideText):
        return tuple(item.strip() for item in value.split(",") if item.strip())
    return tuple(value) if isinstance(value, list) else value


def _one_or_many(value: Any) -> Any:
    return (value,) if isinstance(value, str) and not isinstance(value, OverrideText) else as_items(value)


def _field_name(value: Any) -> str:
    if not isinstance(value, str) or not is_field_name(value.encode(errors="replace")):
        name = value.strip().rstrip(":") if isinstance(value, str) else ""
        hint = f"write {name}" if is_field_name(name.encode(errors="replace")) else "use only letters, digits and `-`"
        raise Mistake("bad-header-name", "not a valid header name", got=value, hint=hint)
    return value


def _cookie_name(value: Any) -> str:
    if not isinstance(value, str) or not is_cookie_name(value.encode(errors="replace")):
        hint = "use only letters, digits, `-` and `_`"
        raise Mistake("bad-header-name", "not a valid cookie name", got=value, hint=hint)
    return value


def _injected_header(value: Any) -> str:
    name = _field_name(value)
    if is_written(name.encode()):
        raise Mistake(
            "bad-header-name",
            "the gateway sets this header itself",
            got=name,
            hint="name the header that carries the API key",
        )
    if name.lower() == "cookie":
        raise Mistake("bad-header-name", "cookies have their own form", got=name, hint="write {cookie: NAME, value: …}")
    return name


def _forwarded_header(value: Any) -> str:
    name = _field_name(value)
    if "*" in name:
        hint = "write each header, or leave it out: those that an operation declares are forwarded anyway"
        raise Mistake("bad-header-name", "`*` is a part of this name, not a wildcard", got=name, hint=hint)
    if is_never_forwarded(name.encode()):
        raise Mistake(
            "bad-header-name",
            "the gateway never forwards this header from a caller",
            got=name,
            hint="remove it: it frames, routes or authenticates the call, which the gateway does itself",
        )
    return name


def _version(value: Any) -> Any:
    # YAML reads an unquoted 3.1 as a number; the meaning is clear.
    return str(value) if isinstance(value, float) else value


def is_url(source: str) -> bool:
    """Return whether the source is an http or https URL, not the path of a file."""
    return urlsplit(source).scheme in ("http", "https") and "://" in source


def text_schema(description: str, pattern: str = "") -> dict[str, Any]:
    return {"type": "string", "description": description} | ({"pattern": pattern} if pattern else {})


SECRET_SCHEMA: Final = {
    "description": "Where the gateway reads the secret. `value` puts it into this file, which causes a warning.",
    "oneOf": [
        {
            "type": "object",
            "properties": {kind: {"type": "string", "minLength": 1}},
            "required": [kind],
            "additionalProperties": False,
        }
        for kind in ("env", "file", "value")
    ],
}

SecretValue = Annotated[Secret, _secret(SecretPlace.ANYWHERE)]
HeaderSecret = Annotated[Secret, _secret(SecretPlace.FIELD)]
BearerSecret = Annotated[Secret, _secret(SecretPlace.BEARER)]
CookieSecret = Annotated[Secret, _secret(SecretPlace.COOKIE)]
Count = Annotated[int, PrepareRaw(_count), Meta(ge=1, le=10_000_000)]
Number = Annotated[int | float, Parsed(_number, {"type": "number"})]
Flag = Annotated[bool, PrepareRaw(as_flag)]
OnOff = Annotated[bool, PrepareRaw(_on_off, {"anyOf": [{"type": "boolean"}, {"enum": ["on", "off"]}]})]
"""Text, too: for a key of this type, the YAML reader does not convert `on` and `off`."""
Consequential = Annotated[bool, Parsed(_consequential, {"anyOf": [{"type": "boolean"}, {"const": CONFIRM}]})]
"""True, False, or `CONFIRM`."""
ToTuple: Final = PrepareRaw(as_items)
Texts = Annotated[
    tuple[Annotated[str, Meta(min_length=1)], ...],
    PrepareRaw(
        _one_or_many,
        {
            "anyOf": [
                {"type": "string", "minLength": 1},
                {"type": "array", "items": {"type": "string", "minLength": 1}},
            ]
        },
    ),
]
"""One text, or a list of them."""
# These patterns refuse most of what the parsers refuse, not all of it.
_AUTHORITY: Final = r"[^\s/?#@\\]+"
URL_PATTERN: Final = rf"^https?://{_AUTHORITY}"
_NAME_PATTERN: Final = r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"
_NO_QUERY: Final = r"(/[^\s?#]*)?$"

Duration = Annotated[
    float,
    Parsed(
        units.parse_duration,
        text_schema(
            "A duration, such as 500ms, 3s, 5m, 1h or 1d; 0 means never.", r"^(0|([0-9]+(\.[0-9]+)?(ms|s|m|min|h|d))+)$"
        ),
    ),
]
Size = Annotated[
    int,
    Parsed(
        units.parse_size,
        text_schema(
            "A size, such as 32kB, 1MB (by 1000) or 32KiB, 1MiB (by 1024).",
            r"^[0-9]+(\.[0-9]+)? ?([kKmMgG][iI]?)?[bB]$",
        ),
    ),
]
RateValue = Annotated[
    units.Rate,
    Parsed(
        units.parse_rate,
        text_schema(
            "Calls per window: 20/s, 10/min, 100/h, 1000/d.", r"^0*[1-9][0-9]* ?/ ?(s|sec|m|min|h|hour|d|day)$"
        ),
    ),
]
ListenAddress = Annotated[
    address.Address,
    Parsed(
        address.parse_address,
        text_schema(
            "HOST:PORT, [IPv6]:PORT, :PORT or unix:/path.",
            r"^(unix:/.+|(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]*):[0-9]{1,5})$",
        ),
    ),
]
UpstreamAddress = Annotated[
    url.UpstreamUrl,
    Parsed(
        url.parse_upstream_url,
        text_schema("http://…, https://… or unix:/path.", rf"^(https?://{_AUTHORITY}{_NO_QUERY}|unix:/)"),
    ),
]
PublicUrl = Annotated[
    str,
    Parsed(
        url.parse_public_url,
        text_schema("https://HOST, https://HOST/PATH, or http://localhost:PORT.", URL_PATTERN + _NO_QUERY),
    ),
]
Origin = Annotated[
    str,
    Parsed(
        url.parse_origin,
        text_schema("An origin such as https://chatgpt.com, or `*`.", rf"^(\*|https?://{_AUTHORITY})$"),
    ),
]
HostText = Annotated[
    str,
    Parsed(url.parse_host, text_schema("HOST or HOST:PORT.", r"^(\[\S+\]|[A-Za-z0-9_][A-Za-z0-9._-]*)(:[0-9]{1,5})?$")),
]
AbsoluteUrl = Annotated[str, Parsed(url.parse_absolute_url, text_schema("An absolute http or https URL.", URL_PATTERN))]
InjectedHeader = Annotated[str, Parsed(_injected_header, text_schema("A header field name.", _NAME_PATTERN))]
ForwardedHeader = Annotated[
    str, Parsed(_forwarded_header, text_schema("A header field name.", _NAME_PATTERN.replace("*", "", 1)))
]
CookieName = Annotated[str, Parsed(_cookie_name, text_schema("A cookie name.", _NAME_PATTERN))]
ArrayPointer = Annotated[
    str,
    PrepareRaw(lambda value: value if value == "" else _json_pointer(value)),
    SchemaWords({"pattern": _POINTER.pattern.replace(")+$", ")*$")}),
]
"""A JSON pointer; empty for the root."""
JsonPointer = Annotated[str, PrepareRaw(_json_pointer), SchemaWords({"pattern": _POINTER.pattern})]
"""A JSON pointer (RFC 6901) below the root."""
Extension = Annotated[str, PrepareRaw(_extension), SchemaWords({"pattern": "^x-"})]
SpecVersion = PrepareRaw(_version)
