"""The eras: which revisions there are, and what a legacy client gets that asks for another."""

import pytest

from plugin_gateway.mcp.era import ASSUMED, ERAS, LATEST_LEGACY, MODERN, negotiated


def test_the_newest_revision_comes_first_and_only_it_is_modern():
    assert [*ERAS] == sorted(ERAS, reverse=True)
    assert [era for era in ERAS.values() if era.is_modern] == [MODERN]


def test_only_the_revision_of_a_request_that_names_none_has_batches():
    assert [era for era in ERAS.values() if era.has_batches] == [ASSUMED]


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("2025-11-25", "2025-11-25"),
        ("2025-06-18", "2025-06-18"),
        ("2025-03-26", "2025-03-26"),
        ("2024-11-05", "2025-11-25"),
        ("2026-07-28", "2025-11-25"),
        ("2999-01-01", "2025-11-25"),
        ("", "2025-11-25"),
    ],
)
def test_initialize_agrees_on_a_legacy_revision(asked, given):
    assert negotiated(asked).version == given
    assert LATEST_LEGACY.version == "2025-11-25"
