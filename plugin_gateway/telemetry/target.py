"""A target: the request target of a call that was not forwarded, as the log may show it.

The log shows the path and the names in the query. It never shows a value, wherever the value stands and however it is
encoded.
"""

from __future__ import annotations

import codecs
import re
from typing import Final, NamedTuple
from urllib.parse import unquote_to_bytes

_MOST_PATH: Final = 200
_MOST_NAMES: Final = 16
_MOST_NAME: Final = 40
LOOKED_AT: Final = 1024

# Match encoded and doubly encoded delimiters too: they may be why the request was refused.
_END_OF_PATH: Final = re.compile(rb"[?#]|%(?:25)*(?:3[Ff]|23)")
_VALUE_IN_PATH: Final = re.compile(rb"(=|%(?:25)*3[Dd])[^/;&,]*")
_USER: Final = re.compile(rb"(?<=//)[^/]*@")
_PLAIN_NAME: Final = re.compile(r"[A-Za-z_.\[\]-]{1,32}")
_SECOND_LAYER: Final = 3
_ESCAPE: Final = codecs.getencoder("unicode_escape")
"""Looked up here because Python reads the codec from a file, and a later call may find the process without file descriptors."""


class ShownTarget(NamedTuple):
    """A path of printable ASCII, and the names of a query."""

    path: str
    query: tuple[str, ...]


def shown_target(target: bytes) -> ShownTarget:
    """Return the parts of a target that may be logged; both are bounded."""
    target = target[:LOOKED_AT]
    end = _END_OF_PATH.search(target)
    path, query = (target[: end.start()], target[end.end() :]) if end else (target, b"")
    path = _VALUE_IN_PATH.sub(rb"\1*", _USER.sub(b"*@", path))
    names = dict.fromkeys(_name(piece) for piece in re.split(rb"[&;?#]", query) if piece)
    return ShownTarget(_escaped(path, _MOST_PATH), tuple(names)[:_MOST_NAMES])


def _name(piece: bytes) -> str:
    """Return the name in one piece of a query. A piece without `=` may be a value, so it is shown only if it is a word."""
    for _ in range(_SECOND_LAYER):
        if b"=" in piece:
            break
        piece = unquote_to_bytes(piece)
    name, equals, _ = piece.partition(b"=")
    shown = _escaped(name, _MOST_NAME)
    return shown if equals or _PLAIN_NAME.fullmatch(shown) else "*"


def escaped(text: str) -> str:
    """Return text as printable ASCII."""
    return str(_ESCAPE(text)[0], "ascii")


def _escaped(text: bytes, most: int) -> str:
    """Return bytes as printable ASCII, cut after `most` characters."""
    shown = escaped(text[: most + 1].decode("latin-1"))
    return shown if len(shown) <= most else shown[:most] + "..."
