"""A next page: the arguments for another call of the same tool, read from a Link field or from the answer's JSON."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urljoin, urlsplit

import orjson

from plugin_gateway.tools.tool import Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from plugin_gateway.mcp.reply import Reply
    from plugin_gateway.tools.tool import Tool

_LINK: Final = re.compile(rb"(?im)^link: *([^\r\n]+)")
_TARGET: Final = re.compile(rb"<([^<>]*)>((?:[^,<\"]|\"[^\"]*\")*)")
_IS_NEXT: Final = re.compile(rb'(?i);\s*rel\s*=\s*(?:next\b|"(?:[^"]*\s)?next(?:\s[^"]*)?")')
_CONTAINERS: Final = (
    "links",
    "_links",
    "paging",
    "pagination",
    "meta",
    "page",
    "response_metadata",
    "cursors",
    "page_info",
    "pageInfo",
)
_MOST_BYTES: Final = 8192
_WORD: Final = re.compile(r"[^a-z0-9]+")
_NAMES: Final = {
    # What the rest of a name such as `next_cursor` may be called in the query.
    "cursor": ("cursor", "after", "startingafter", "pagetoken"),
    "pagetoken": ("pagetoken", "token", "cursor"),
    "token": ("token", "nexttoken", "pagetoken", "cursor"),
    "continuationtoken": ("continuationtoken",),
    "page": ("page", "pagenumber"),
    "offset": ("offset", "skip", "start"),
}


def next_arguments(reply: Reply, value: Any) -> dict[str, Any] | None:
    """Return the arguments of the call for the next page; None if there is none, or the tool cannot ask for it.

    `value` is the JSON of the answer, or None.
    """
    query = {argument.wire_name: argument.name for argument in reply.tool.arguments if argument.place is Place.QUERY}
    if not query:
        return None
    for url in _urls(reply.answer.block, value):
        found = _from_url(url, reply, query)
        if found is not None:
            return found
    return _from_token(reply.tool, query, reply.arguments, value)


def _urls(block: bytes, value: Any) -> Iterator[str]:
    for line in _LINK.finditer(block[:_MOST_BYTES]):
        for reference, parameters in _TARGET.findall(line[1]):
            if _IS_NEXT.search(parameters):
                yield reference.decode("latin-1")
    for key, found in _members(value):
        if _WORD.sub("", key.lower()) in {
            "next",
            "nexturl",
            "nextlink",
            "nextpageurl",
            "nextpage",
            "odatanextlink",
            "nexthref",
        }:
            url = found.get("href") or found.get("url") if isinstance(found, dict) else found
            if isinstance(url, str) and "?" in url and len(url) <= _MOST_BYTES:
                yield url


def _members(value: Any) -> Iterator[tuple[str, Any]]:
    if not isinstance(value, dict):
        return
    yield from value.items()
    for name in _CONTAINERS:
        inner = value.get(name)
        if isinstance(inner, dict):
            yield from inner.items()


def _from_url(url: str, reply: Reply, query: Mapping[str, str]) -> dict[str, Any] | None:
    tool, arguments, target = reply.tool, reply.arguments, reply.target
    here = reply.terms.public_url.rstrip("/") + target.decode("latin-1")
    try:
        linked = urlsplit(urljoin(here, url))
        pairs = parse_qsl(linked.query, keep_blank_values=True, strict_parsing=bool(linked.query), max_num_fields=100)
    except ValueError:
        return None
    at = urlsplit(here)
    # In a body, the API writes its own path, without the path of the public URL.
    own = target.decode("latin-1").partition("?")[0]
    if linked.netloc != at.netloc or linked.path not in {at.path, own} or not pairs:
        return None
    sent = dict(parse_qsl(at.query, keep_blank_values=True))
    changed: dict[str, Any] = {}
    for name, text in pairs:
        if sent.get(name) == text:
            continue
        if name not in query or query[name] in changed:
            # The page needs a parameter that the tool does not have, or a list that this code does not take apart.
            return None
        changed[query[name]] = _typed(tool, query[name], text)
    return {**arguments, **changed} if changed else None


def _from_token(
    tool: Tool, query: Mapping[str, str], arguments: Mapping[str, Any], value: Any
) -> dict[str, Any] | None:
    by_word = {_WORD.sub("", wire_name.lower()): name for wire_name, name in query.items()}
    for key, found in _members(value):
        word = _WORD.sub("", key.lower())
        if (
            not word.startswith("next")
            or not isinstance(found, str | int)
            or isinstance(found, bool)
            or found in {"", 0}
        ):
            continue
        if isinstance(found, str) and len(found) > _MOST_BYTES:
            continue
        for candidate in (word, *_NAMES.get(word.removeprefix("next"), (word.removeprefix("next"),))):
            name = by_word.get(candidate)
            if name is not None and arguments.get(name) != found:
                return {**arguments, name: found if isinstance(found, int) else _typed(tool, name, found)}
    return None


def _typed(tool: Tool, name: str, text: str) -> Any:
    """Return the text as the type that the tool's schema has for the argument."""
    schema = orjson.loads(tool.definition)["inputSchema"].get("properties", {}).get(name)
    kinds = schema.get("type") if isinstance(schema, dict) else None
    if kinds in {"integer", "number"} if isinstance(kinds, str) else isinstance(kinds, list) and "integer" in kinds:
        return int(text) if re.fullmatch(r"-?[0-9]{1,18}", text) else text
    if kinds == "boolean" and text in {"true", "false"}:
        return text == "true"
    return text
