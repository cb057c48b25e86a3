"""Look-alikes, as the Unicode data has them."""

from __future__ import annotations

from fuzz.origins.lookalikes import lookalikes


def test_case_mapping_of_any_runtime_is_covered() -> None:
    table = lookalikes(by_case=True)
    assert {"\u0130", "\u0131"} <= set(table["i"])
    assert "\u212a" in table["k"]
    assert "\u017f" in table["s"]
    assert "\u00df" in table["ss"]
    assert "\ufb03" in table["ffi"]
    assert "\uff41" not in table.get("a", ())


def test_normalisation_is_covered_besides() -> None:
    table = lookalikes(by_case=False)
    assert {"\uff41", "\u00aa", "\u00e1"} <= set(table["a"])
