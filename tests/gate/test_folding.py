"""The fold, compared with every case mapping and normalisation in this Python's Unicode data.

`str` has the full mappings, and `_sre` the simple mapping to lower case. If a full mapping gives several characters, the
simple mapping to upper case is the inverse of the one to lower case, or the character itself. SpecialCasing.txt adds the
languages.
"""

from __future__ import annotations

import _sre
import unicodedata
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.gate.folding import BEYOND_CASEFOLD, best_fits, fold_letters

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MAPPINGS: dict[str, Callable[[str], str]] = {
    "lower": str.lower,
    "upper": str.upper,
    "title": str.title,
    "casefold": str.casefold,
    "simple lower": lambda text: "".join([chr(_sre.unicode_tolower(ord(c))) for c in text]),
    **{form: partial(unicodedata.normalize, form) for form in ("NFC", "NFD", "NFKC", "NFKD")},
}
# SpecialCasing.txt, "Language-Sensitive Mappings": before and after, for Turkish and Azeri, then Lithuanian.
SPECIAL = [
    ("\u0130", "i"), ("I\u0307", "i"), ("I", "\u0131"), ("i", "\u0130"), ("\u0131", "I"),
    ("I\u0300", "i\u0307\u0300"), ("J\u0301", "j\u0307\u0301"), ("\u012e\u0303", "\u012f\u0307\u0303"),
    ("\xcc", "i\u0307\u0300"), ("\xcd", "i\u0307\u0301"), ("\u0128", "i\u0307\u0303"), ("i\u0307", "I"), ("j\u0307", "J"),
]  # fmt: skip


@cache
def characters() -> list[str]:
    """Return the characters in each block of 256 that some mapping changes as a whole. It changes no character of the other blocks."""
    blocks = ("".join(map(chr, range(start, start + 256))) for start in range(0, 0x110000, 256))
    # The other two mappings change a character only if one of these does.
    mappings = [mapping for name, mapping in MAPPINGS.items() if name not in {"title", "simple lower"}]
    return [c for block in blocks if any(mapping(block) != block for mapping in mappings) for c in block if c > "\x7f"]


@cache
def mapped_by(name: str) -> list[tuple[str, str]]:
    """Return each character that a mapping changes, with the result."""
    return [(c, after) for c, after in zip(characters(), map(MAPPINGS[name], characters()), strict=True) if after != c]


def fold_by_casefold(text: str) -> str:
    """The fold without the tables in `gate.folding`."""
    whole = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(
        c for c in whole if unicodedata.category(c) not in {"Mn", "Me", "Cf"} and c not in "\u115f\u1160\u3164\uffa0"
    )


def folds_of(texts: Iterable[str], fold: Callable[[str], str] = fold_letters) -> list[str]:
    """Fold thousands of texts at once; no fold looks across the end of a line."""
    return fold("\n".join(texts)).split("\n")


@pytest.mark.parametrize("mapping", MAPPINGS)
def test_no_mapping_of_a_character_changes_its_fold(mapping: str) -> None:
    before, after = zip(*mapped_by(mapping), strict=True)
    folds = zip(before, folds_of(before), folds_of(after), strict=True)
    assert [character for character, one, other in folds if one != other] == []


def test_the_listed_folds_are_exactly_those_that_the_unicode_data_needs() -> None:
    before, after = zip(*{pair for name in MAPPINGS for pair in mapped_by(name)}, strict=True)
    folds = zip(folds_of(before, fold_by_casefold), folds_of(after, fold_by_casefold), strict=True)
    found = {tuple(sorted(pair)) for pair in folds if pair[0] != pair[1]}
    assert found == {tuple(sorted((chr(c), folded))) for c, folded in BEYOND_CASEFOLD.items()}


@pytest.mark.parametrize(("before", "after"), SPECIAL)
def test_mappings_of_a_language_are_folded_too(before: str, after: str) -> None:
    assert fold_letters(f"m{before}ne") == fold_letters(f"m{after}ne")


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("m\u0130ne", "mine"), ("m\u0131ne", "mine"), ("\u212aey", "key"), ("\u017fave", "save"), ("stra\xdfe", "strasse"),
        ("STRA\u1e9eE", "strasse"), ("o\ufb03ce", "office"), ("\u03c3\u03b1\u03c2", "\u03c3\u03b1\u03c3"), ("\u1e9b", "s"),
        ("\uff2d\uff49ne", "mine"), ("\u24dcine", "mine"), ("m\xecne", "mine"), ("m\u0456ne", "m\u0456ne"),
        ("\ua7cb", "\u0264"), ("\U00010d50", "\U00010d70"),
    ],
)  # fmt: skip
def test_letters_used_in_attacks_and_their_relatives_are_folded(text: str, folded: str) -> None:
    assert fold_letters(text) == folded


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold_letters(fold_letters(text)) == fold_letters(text)


@given(st.text(), st.sampled_from([*MAPPINGS.values()]))
def test_no_mapping_of_a_text_changes_its_fold(text: str, mapping: Callable[..., Any]) -> None:
    assert fold_letters(mapping(text)) == fold_letters(text)


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("plain", ()),
        ("php\xadcgi", ("php-cgi",)),
        ("\u0393et", ("get",)),
        ("\u03b3et", ("get",)),  # by way of its capital
        ("\xf8\u0142", ("OL", "ol")),
    ],
)
def test_texts_that_a_code_page_may_turn_into_others_are_known(text: str, fits: tuple[str, ...]) -> None:
    assert {fit.lower() for fit in best_fits(text)} >= {fit.lower() for fit in fits}
    assert bool(best_fits(text)) == bool(fits)
