"""Which fields a body may not have."""

from __future__ import annotations

import pytest

from plugin_gateway.gate.body_names import BodyNames
from plugin_gateway.refusal import Refusal

NAMES = BodyNames(frozenset({b"xhttpmethod"}), frozenset({b"action", b"apikey"}))


def code(name: bytes, names: BodyNames = NAMES) -> str:
    refusal = names.refuse(name)
    return "" if refusal is None else refusal.code


@pytest.mark.parametrize(
    "name", [b"Action", b"action", b"ACTION[]", b"api_key", b"api.key", b"Api-Key", b"%61ction", b"action\x00x"]
)
def test_a_closed_name_is_refused_in_every_spelling_that_a_server_reads_as_it(name: bytes) -> None:
    assert code(name) == "parameter-in-body"
    assert code(name, BodyNames()) == ""


@pytest.mark.parametrize("name", [b"actions", b"reaction", b"a[Action]", b"key", b""])
def test_another_name_passes(name: bytes) -> None:
    assert code(name) == ""


def test_a_method_override_is_refused_unless_it_is_declared() -> None:
    assert code(b"_method") == "method-override"
    assert code(b"X-HTTP-Method") == ""


def test_the_refusal_shows_the_name_and_says_what_to_do() -> None:
    assert NAMES.refuse(b"Api\nKey") == Refusal(
        status=400,
        code="parameter-in-body",
        detail="The body has the field Api\ufffdKey, which some servers read in place of the query parameter.",
        hint="Leave it out of the body.",
    )


@pytest.mark.parametrize(
    ("text", "may_be"),
    [(b"a=1&Api_Key=2", True), (b"a=1&ACTION=2", True), (b"a=1&act=2", False), (b"", False)],
)
def test_a_text_without_the_letters_of_a_closed_name_is_cleared_at_once(text: bytes, may_be: bool) -> None:
    assert NAMES.may_be_closed_in(text) is may_be


@pytest.mark.parametrize("name", [b"api_key", b"_method"])
def test_each_beginning_of_a_refused_name_may_become_it(name: bytes) -> None:
    assert all(NAMES.may_become(name[:size]) for size in range(len(name)))
    assert not NAMES.may_become(b"other")
