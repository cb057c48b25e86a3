"""Routing styles: changes that routers make to a path before they look up the route."""

from __future__ import annotations

import json
import os
import posixpath
import re
import unicodedata
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, unquote, unquote_to_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

_TABLE: Final[dict[str, Any]] = json.loads(os.environ["ORIGIN_ROUTES"])
BASE: Final[str] = _TABLE["base"]
OUTSIDE: Final[str] = _TABLE["outside"]
ROUTES: Final[list[dict[str, str]]] = [route for route in _TABLE["routes"] if "?" not in route["path"]]
_ACTIONS: Final = {
    route["path"].partition("=")[2]: route["name"] for route in _TABLE["routes"] if "?Action=" in route["path"]
}

_SUFFIX: Final = re.compile(r"\.(?:json|xml|html?|csv|txt|ya?ml)$", re.IGNORECASE)
_TURKISH_LOWER: Final = {0x130: "i", 0x49: "\u0131"}
_TURKISH_UPPER: Final = {0x69: "\u0130", 0x131: "I"}


class Router:
    """Finds the first route whose template matches; `{path}` takes several segments."""

    def __init__(self, *, flags: int = 0, prefixes: bool = False, spell: Callable[[str], str] = str) -> None:
        """Spell the literals with `spell`. With `prefixes`, a concrete path also serves all paths below it."""
        by_method: dict[str, list[tuple[str, str]]] = {}
        for route in ROUTES:
            pattern = self._pattern(route["path"], spell)
            if prefixes and "{" not in route["path"]:
                pattern += "(?:/.*)?"
            by_method.setdefault(route["method"], []).append((route["name"], pattern))
        if prefixes:  # the longest prefix wins, as in nginx and in Go's ServeMux
            for found in by_method.values():
                found.sort(key=lambda pair: (not pair[1].endswith("(?:/.*)?"), -pair[1].count("/")))
        self._compiled = {
            method: re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in found), flags | re.DOTALL)
            for method, found in by_method.items()
        }
        self._base = spell(BASE)
        self._flags = flags

    def find(self, method: str, path: str) -> str | None:
        """Return the name of the route, `outside` for a path that is not below the base, or None."""
        below = re.match(re.escape(self._base) + "(?:/|$)", path, self._flags)
        if below is None:
            return OUTSIDE
        compiled = self._compiled.get("GET" if method == "HEAD" else method)
        found = compiled.fullmatch(path) if compiled else None
        return found.lastgroup if found else None

    @staticmethod
    def _pattern(path: str, spell: Callable[[str], str]) -> str:
        parts = re.split(r"(\{[^}]*\})", path)
        return "".join(
            (".+" if part == "{path}" else "[^/]+") if part.startswith("{") else re.escape(spell(part))
            for part in parts
        )


def _params(path: str) -> str:
    return re.sub(r";[^/]*", "", path)


def _normal(path: str) -> str:
    """Clean a path like IIS and many proxies."""
    return "/" + posixpath.normpath(path.replace("\\", "/")).lstrip("/")


def _windows(path: str) -> str:
    """Rewrite names like Windows: without streams, trailing dots and trailing blanks."""
    return "/".join(re.sub(r"(?::.*)?[. ]*$", "", part) for part in path.split("/"))


def _turkish_lower(text: str) -> str:
    return text.translate(_TURKISH_LOWER).lower()


def _turkish_upper(text: str) -> str:
    return text.translate(_TURKISH_UPPER).upper()


def _simple_lower(text: str) -> str:
    """Lower each character, like Go's ToLower and the JVM's `equalsIgnoreCase`: U+0130 becomes a plain `i`."""
    return "".join("i" if c == "\u0130" else low if len(low := c.lower()) == 1 else c for c in text)


def _simple_upper(text: str) -> str:
    return "".join(up if len(up := c.upper()) == 1 else c for c in text)


def _lenient(path: str) -> str:
    """Apply all changes, like a chain of proxies that each clean a little."""
    path = _params(_normal(unquote(unquote(path))))
    return _SUFFIX.sub("", _windows(unicodedata.normalize("NFKC", path))).casefold()


_EXACT: Final = Router()
_CASELESS: Final = Router(flags=re.IGNORECASE)
_PREFIXED: Final = Router(prefixes=True)
_LOWER: Final = Router(spell=str.lower)
_UPPER: Final = Router(spell=str.upper)
_FOLDED: Final = Router(spell=str.casefold)
_FOLDED_PREFIXED: Final = Router(spell=str.casefold, prefixes=True)
_TURKIC_LOWER: Final = Router(spell=_turkish_lower)
_TURKIC_UPPER: Final = Router(spell=_turkish_upper)

_STYLES: Final[tuple[tuple[str, Router, Callable[[str], str]], ...]] = (
    ("exact", _EXACT, str),
    ("prefix", _PREFIXED, str),
    ("caseless", _CASELESS, str),
    ("lower", _LOWER, str.lower),
    ("upper", _UPPER, str.upper),
    ("casefold", _FOLDED, str.casefold),
    ("simple-lower", _LOWER, _simple_lower),
    ("simple-upper", _UPPER, _simple_upper),
    ("equals-ignore-case", _LOWER, lambda path: _simple_lower(_simple_upper(path))),
    ("turkic-lower", _TURKIC_LOWER, _turkish_lower),
    ("turkic-upper", _TURKIC_UPPER, _turkish_upper),
    ("nfc", _EXACT, lambda path: unicodedata.normalize("NFC", path)),
    ("nfkc-casefold", _FOLDED, lambda path: unicodedata.normalize("NFKC", path).casefold()),
    ("twice", _EXACT, unquote),
    ("twice-casefold", _FOLDED, lambda path: unquote(path).casefold()),
    ("thrice", _EXACT, lambda path: unquote(unquote(path))),
    ("plus-is-blank", _EXACT, lambda path: path.replace("+", " ").rstrip()),
    ("params", _EXACT, _params),
    ("normal", _EXACT, _normal),
    ("normal-twice", _EXACT, lambda path: _normal(unquote(_normal(path)))),
    ("merged", _EXACT, lambda path: re.sub("//+", "/", path)),
    ("windows", _FOLDED, lambda path: _windows(path).casefold()),
    ("c-string", _EXACT, lambda path: path.partition("\0")[0]),
    ("suffix", _EXACT, lambda path: _SUFFIX.sub("", path)),
    ("url-again", _EXACT, lambda path: re.split("[?#]", path)[0]),
    ("trailing-slash", _EXACT, lambda path: path.rstrip("/")),
    ("lenient", _FOLDED, _lenient),
    ("lenient-prefix", _FOLDED_PREFIXED, _lenient),
)


def reached(method: str, raw_path: bytes, query: str, override: str = "") -> str:
    """Return `style=name` for every style that finds a route, joined by commas."""
    found: dict[str, str] = {}
    text = unquote_to_bytes(raw_path).decode("utf-8", "replace")
    for style, router, clean in _STYLES:
        name = router.find(method, clean(text))
        if name:
            found[style] = name
    # Latin-1 as in WSGI. Segments are split before decoding as in servlets and Go's EscapedPath.
    if name := _LOWER.find(method, unquote_to_bytes(raw_path).decode("latin-1").lower()):
        found["latin-1"] = name
    pieces = [unquote(part).replace("/", "\0") for part in raw_path.decode("latin-1").split("/")]
    if name := _EXACT.find(method, "/".join(pieces)):
        found["by-segment"] = name
    if override and override.upper() != method and (name := _EXACT.find(override.upper(), text)):
        found["override"] = name
    if text.rstrip("/") == BASE and method in {"GET", "HEAD"}:
        found |= _actions(query)
    return ",".join(f"{style}={name}" for style, name in found.items())


def _actions(query: str) -> dict[str, str]:
    pairs = parse_qsl(query.replace(";", "&"), keep_blank_values=True)
    exact = [value for name, value in pairs if name == "Action"]
    caseless = [value for name, value in pairs if name.strip().lower() == "action"]
    taken = {"first": exact[:1], "last": exact[-1:], "caseless-first": caseless[:1], "caseless-last": caseless[-1:]}
    by_folded = {value.casefold(): name for value, name in _ACTIONS.items()}
    return {
        f"action-{style}": by_folded[values[0].casefold()]
        for style, values in taken.items()
        if values and values[0].casefold() in by_folded
    }
