"""A fold: one spelling for texts that differ only in case, compatibility forms or accents.

An origin may lower, upper or title-case a path before it routes it, by the simple or the full mappings, in a Turkish or
Lithuanian locale. Stock Caddy lowers U+0130 to `i`; a JVM uppers U+0131 to `I`. An origin may normalise the path, or look up
a slug in a database that ignores accents. The fold maps all of these to one text. `best_fits` are a text's spellings in code
pages.
"""

from __future__ import annotations

import unicodedata
from typing import Final

BEYOND_CASEFOLD: Final = {0x131: "i"}
"""Characters that case mappings make equal but Unicode's case folding does not. A test derives them from the Unicode data."""

# Case pairs new in Unicode 15.1 to 17, for origins that know them before our Python does. With this table, a Python upgrade
# does not change the fold.
_YOUNGER: Final = {
    0x1C89: "\u1c8a",
    0xA7CB: "\u0264",
    0xA7CC: "\ua7cd",
    0xA7CE: "\ua7cf",
    0xA7D2: "\ua7d3",
    0xA7D4: "\ua7d5",
    0xA7DA: "\ua7db",
    0xA7DC: "\u019b",
    **{capital: chr(capital + 0x20) for capital in range(0x10D50, 0x10D66)},
    **{capital: chr(capital + 0x1B) for capital in range(0x16EA0, 0x16EB9)},
}
_FOLDED: Final = _YOUNGER | BEYOND_CASEFOLD

_IGNORED: Final = frozenset({"Mn", "Me", "Cf"})
"""Accents and invisible characters: HFS+, IDNA and many slug functions drop them."""
_FILLERS: Final = frozenset("\u115f\u1160\u3164\uffa0")

# Windows code pages replace characters that they lack (unicode.org, WindowsBestFit). These are the replacements by letters,
# digits, hyphens and underscores that the fold does not cover. CVE-2024-4577 was U+00AD.
_BEST_FIT: Final = {
    "-": "\xad\u2010\u2011\u2194\u2212\u2500\u2502\u250c\u2518\u2550\u2552\u2554\u255b\u255c\u255d\u2567\u2568\u2569\u2580"
    "\u2588\u2591\u2592\u2593\u25ac",
    "0": "\u0660\u2081\u25cb\u25d9\u263c",
    "1": "\xbc\xbd\u0661",
    "2": "\u0662",
    "3": "\xbe\u0663",
    "4": "\u0664",
    "5": "\u0665",
    "6": "\u0666",
    "7": "\u0667",
    "8": "\u0668\u221e",
    "9": "\u0669",
    ":": "\u0589\u2236",
    "_": "\u02cd\u0331\u0332\u2584",
    "a": "\xc6\xe6\u03b1",
    "b": "\u0180",
    "c": "\xa2\xa9",
    "d": "\xd0\xf0\u0110\u0111\u0189\u03b4\u266a\u266b",
    "e": "\u03b5\u2107\u212e",
    "f": "\u0191\u0192\u03a6\u03c6",
    "g": "\u01e4\u01e5\u0261\u0393",
    "h": "\u0126\u0127\u04bb",
    "i": "\u0197",
    "l": "\xa3\u0141\u0142\u019a\u221f\u2514\u2558\u2559\u255a",
    "n": "\u2229",
    "o": "\xd8\xf8\u0152\u0153\u019f\u03a9\u263a\u263b",
    "p": "\u03c0\u20a7\u2118",
    "r": "\xae",
    "s": "\xdf\u03a3\u03c3",
    "t": "\xde\xfe\u0166\u0167\u01ab\u01ae\u0398\u03c4\u252c\u2564\u2565\u2566",
    "v": "\u2193\u221a",
    "y": "\xa5",
    "z": "\u01b6",
}
_FITTED: Final = {ord(c): fitted for fitted, characters in _BEST_FIT.items() for c in characters}


def fold_letters(text: str) -> str:
    """The text without case, compatibility forms, accents and invisible characters."""
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    kept = [c for c in text if unicodedata.category(c) not in _IGNORED and c not in _FILLERS]
    return "".join(kept).translate(_FOLDED)


def best_fits(text: str) -> tuple[str, ...]:
    """The texts that a code page may turn this text into, before or after case mapping; empty if it stays the same."""
    found = {fitted for t in (text, text.lower(), text.upper()) if (fitted := t.translate(_FITTED)) != t}
    return tuple(sorted(found))
