"""The references in an answer's fields: finds the URI references and points them to the public URL."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from plugin_gateway.proxy.relocation import Relocation

_REFERENCES: Final = frozenset(
    {b"azure-asyncoperation", b"content-location", b"location", b"sourcemap", b"x-sourcemap"}
)
_REFERENCE_FAMILIES: Final = (b"-location", b"-url", b"-uri", b"-href")
# RFC 8288, 3: `<target>; name=token; name="quoted"`.
_PARAMETERS: Final = rb'(?:[ \t]*;[ \t]*[^\s;,="<>]*(?:[ \t]*=[ \t]*(?:"(?:[^"\\]|\\.)*+"|[^\s;,"]*))?)*+'
_LINK: Final = re.compile(rb"[ \t]*<([^<>]*)>(" + _PARAMETERS + rb")[ \t]*(?:,[ \t,]*|\Z)")
_ANCHOR: Final = re.compile(rb'(?i)(?<=;)([ \t]*anchor[ \t]*=[ \t]*"?)([^";]*)')
_QUOTED: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"')
# WHATWG HTML, 4.2.4.3 (shared declarative refresh steps), and older forms that browsers accepted: `5; URL = 'x'`,
# `5,x`, `5 x`.
_REFRESH: Final = re.compile(rb"(?i)([ \t]*[0-9.]*[ \t]*[;,]?[ \t]*(?:url[ \t]*=[ \t]*)?[\"']?)([^\"']*)(.*)")
_NO_SPACE: Final = re.compile(rb"\S+")


def relocated(name: bytes, value: bytes, relocation: Relocation) -> bytes | None:
    """Return the value of a field as clients may see it; None to omit the field.

    `name` is in lower case. The relocation's rule applies to every field: a reference at the upstream's origin and base
    path gets the public URL. One at its origin but another path is omitted: only that link in Link, else the whole
    field.
    """
    if name == b"link":
        return _links(value, relocation)
    if name == b"refresh":
        return _refresh(value, relocation)
    if name == b"set-cookie":
        return _cookie(value, relocation)
    if name in _REFERENCES or name.endswith(_REFERENCE_FAMILIES):
        return pointed_reference(value, relocation)
    if _NO_SPACE.fullmatch(value):
        # In an unknown field, only a path below the base path is surely the upstream's.
        pointed = relocation.point(value)
        value = value if pointed is None else pointed
    return relocation.text(value)


def pointed_reference(reference: bytes, relocation: Relocation) -> bytes | None:
    """Return a reference, with those nested in it, as clients may see it; None to omit it."""
    pointed = relocation.point(reference)
    return None if pointed is None else relocation.text(pointed)


def _links(value: bytes, relocation: Relocation) -> bytes | None:
    """Point the targets and anchors of links; the rest stays byte for byte."""
    kept: list[bytes] = []
    at = 0
    is_changed = False
    while at < len(value):
        link = _LINK.match(value, at)
        if link is None:
            # The value breaks the grammar of RFC 8288, but a lenient reader may still find references in it.
            return relocation.text(value)
        at = link.end()
        target = pointed_reference(link[1].strip(), relocation)
        parameters = _anchored(link[2], relocation)
        if target is None or parameters is None:
            is_changed = True
            continue
        is_changed = is_changed or target != link[1].strip() or parameters != link[2]
        kept.append(b"<" + target + b">" + parameters)
    if not is_changed:
        return value
    return b", ".join(kept) or None


def _anchored(parameters: bytes, relocation: Relocation) -> bytes | None:
    """Point the anchor, which is a reference; None to omit the link. A quoted title may contain `; anchor=` too."""
    titles = [found.span() for found in _QUOTED.finditer(parameters)]
    for found in _ANCHOR.finditer(parameters):
        if any(start < found.start() < end for start, end in titles):
            continue
        anchor = pointed_reference(found[2], relocation)
        return None if anchor is None else parameters[: found.start(2)] + anchor + parameters[found.end(2) :]
    return parameters


def _refresh(value: bytes, relocation: Relocation) -> bytes | None:
    match = _REFRESH.fullmatch(value)
    if match is None:
        return relocation.text(value)
    before, target, after = match.groups()
    pointed = pointed_reference(target.rstrip(), relocation)
    return None if pointed is None else before + pointed + after


def _cookie(value: bytes, relocation: Relocation) -> bytes:
    """Return a cookie for the public host instead of the upstream's. Its value goes back to the upstream, so it stays."""
    pair, *attributes = value.split(b";")
    kept = [pair]
    for attribute in attributes:
        name, _, attribute_value = attribute.partition(b"=")
        match name.strip().lower():
            case b"domain" if relocation.is_host(attribute_value.strip().lstrip(b".")):
                pass
            case b"path":
                kept.append(name + b"=" + relocation.path(attribute_value.strip()))
            case _:
                kept.append(attribute)
    return b";".join(kept)
