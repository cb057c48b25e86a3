"""Operation fields: the types of values in gateway.yaml that name operations."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

from plugin_gateway import methods
from plugin_gateway.config import published
from plugin_gateway.config.fields import text_schema
from plugin_gateway.config.mistake import Mistake
from plugin_gateway.config.operation_text import run_together, split_operation
from plugin_gateway.config.reader import Parsed

_SEVERAL: Final = re.compile(r"([A-Za-z]+(?:\s*[,|]\s*[A-Za-z]+)+)\s+(/\S*)")
_GROUPS_OF_METHODS: Final = {
    **dict.fromkeys(("ALL", "ANY"), "leave `methods` out for every method"),
    **dict.fromkeys(("READ", "SAFE"), "write GET, which permits HEAD, too"),
    **dict.fromkeys(("WRITE", "UNSAFE"), "write the methods, such as POST, PUT, PATCH and DELETE"),
}
_WILDCARDS: Final = (
    (re.compile(r"\[\^/\][*+]|\\[dw][*+]?|\[[\w-]+\][*+]"), "*"),
    (re.compile(r"\(?\.[*+]\)?"), "**"),
)
_GLOB: Final = re.compile(r"(?:/(?:\*|\*\*|[^\s/*^$\\()\[\]+?|]+))+")
_PROSE: Final = re.compile(r"[A-Za-z]+(?: [A-Za-z]+)+")
"""Words: `Get an order` is a summary, not a method and a path."""
_NOT_A_URL: Final = "an entry has a method and a path, not a URL"
_VERSION: Final = re.compile(r"\sHTTP/\d")


def _method(value: Any) -> str:
    if not isinstance(value, str) or not methods.is_method(value):
        raise Mistake("bad-method", "not an HTTP method", got=value, hint="for example GET or POST")
    if value.upper() in _GROUPS_OF_METHODS:
        raise Mistake("bad-method", "not an HTTP method", got=value, hint=_GROUPS_OF_METHODS[value.upper()])
    return value.upper()


def _operation(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        hint = "write one entry per operation" if isinstance(value, list) else "put quotes around it"
        raise Mistake("wrong-type", "expected an operationId or `METHOD /path`", got=value, hint=hint)
    text = value.strip()
    word, _, rest = text.partition(" ")
    if match := re.fullmatch(r"(operation|tag|path):(\S.*)", text):
        hint = f"put a space after the colon: `{match[1]}: {match[2]}`"
        raise Mistake("bad-operation", "no space after the colon", got=text, hint=hint)
    if match := _SEVERAL.fullmatch(text):
        shown = ", ".join(f"`- {method.upper()} {match[2]}`" for method in re.split(r"\s*[,|]\s*", match[1]))
        raise Mistake("bad-operation", "an entry names one method", got=text, hint=f"write {shown}")
    is_key = bool(rest) and word.upper() in methods.KNOWN
    if is_key and (run := run_together(text)):
        raise Mistake("bad-operation", "several entries in one", got=text, hint=run)
    if (key := split_operation(text)) and not _VERSION.search(text):
        return " ".join(key)
    if is_key and not (word.istitle() and _PROSE.fullmatch(rest)):
        hint = f"write `{word.upper()} {_path_in(rest)}`"
        message = "the path must start with `/`, and nothing follows it" if "://" not in rest else _NOT_A_URL
        raise Mistake("bad-operation", message, got=text, hint=hint)
    if match := re.fullmatch(r"([\"'`])(.+)\1|[“‘„«](.+)[”’“»]", text):  # noqa: RUF001  # as word processors write them
        hint = f"write {match[2] or match[3]}, without the inner quotes"
        raise Mistake("bad-operation", "the quotes are a part of this text", got=text, hint=hint)
    if url := re.search(r"[a-z]+://\S+", text):
        method = re.search(r"-X\s*([A-Za-z]+)", text)
        hint = f"write `{method[1].upper() if method else 'GET'} {_path_in(url[0])}`"
        raise Mistake("bad-operation", _NOT_A_URL, got=text, hint=hint)
    return text


def _path_in(text: str) -> str:
    """Return the path that a text such as `-> /orders HTTP/1.1` or a URL names."""
    words = re.sub(r"[“”„‘’«»\"'`]", "", text).split() or [text]  # noqa: RUF001  # quotes of any kind
    word = next((word for word in words if word.startswith("/") or "://" in word), words[0])
    if "://" in word:
        return "/" + word.partition("://")[2].partition("/")[2].partition("?")[0].partition("#")[0]
    return f"/{word.lstrip('/')}"


def _glob(value: Any) -> str:
    if isinstance(value, str) and (pattern := _glob_of(value)) != value:
        hint = f"write {pattern}" if _GLOB.fullmatch(pattern) else "for example /search/** or /orders/*"
        raise Mistake("bad-path", "a path is not a regular expression", got=value, hint=hint)
    if not isinstance(value, str) or not value.startswith("/") or re.search(r"\s", value):
        hint = "for example /search/** or /orders/*"
        if isinstance(value, str) and value.strip():
            word, _, rest = value.strip().partition(" ")
            hint = f"write {_path_in(value)}"
            if word.upper() in methods.KNOWN and rest:
                hint = f"write `path: {_path_in(rest)}` and `methods: [{word.upper()}]`"
        raise Mistake("bad-path", "a path starts with `/`", got=value, hint=hint)
    return value


def _glob_of(pattern: str) -> str:
    """Return the glob that a regular expression means; the text itself if it is not one."""
    glob = pattern.removeprefix("^").removesuffix("$")
    for sign, wildcard in _WILDCARDS:
        glob = sign.sub(wildcard, glob)
    return glob


def _operation_name(value: Any) -> str:
    if not isinstance(value, str) or not published.OPERATION_ID.fullmatch(value):
        hint = f"use 1 to {published.MAX_OPERATION_ID} letters, digits, `_` and `-`, which every client accepts"
        if isinstance(value, str) and (fixed := re.sub(r"[^A-Za-z0-9_-]+", "_", value).strip("_")):
            hint += f": {fixed[: published.MAX_OPERATION_ID]}"
        raise Mistake("bad-name", "not a valid operation name", got=value, hint=hint)
    return value


Method = Annotated[str, Parsed(_method, text_schema("An HTTP method.", f"^{methods.PATTERN}$"))]
OPERATION_SCHEMA: Final = text_schema("An operationId, or `METHOD /path/template`.", r"^(?!.*[a-z]://).*\S")
OperationText = Annotated[str, Parsed(_operation, OPERATION_SCHEMA)]
PathGlob = Annotated[str, Parsed(_glob, text_schema("A path; `*` is one segment, `**` any number.", "^/"))]
OperationName = Annotated[
    str, Parsed(_operation_name, text_schema("An operationId to show.", f"^{published.OPERATION_ID.pattern}$"))
]
