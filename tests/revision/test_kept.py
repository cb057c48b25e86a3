"""A kept operation: its settings come from all entries that name it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from plugin_gateway.config.selector import AllowEntry
from plugin_gateway.config.surroundings import Surroundings
from plugin_gateway.gate.shadow import NO_TERMS
from plugin_gateway.openapi.document import Document
from plugin_gateway.revision.allowlist import select
from plugin_gateway.tools.hints import ChosenHints

if TYPE_CHECKING:
    from plugin_gateway.revision.kept import KeptOperation

PATHS = {
    "/pets": {
        "get": {
            "operationId": "listPets",
            "tags": ["pets"],
            "parameters": [{"name": "limit", "in": "query"}, {"name": "X-A", "in": "header"}],
        },
        "post": {"operationId": "createPet", "tags": ["pets"]},
    },
    "/pets/{petId}": {"get": {"operationId": "getPet"}},
}


def keep(allow: list[Any]) -> list[KeptOperation]:
    document = Document(root={"openapi": "3.0.3", "paths": PATHS}, name="t")
    entries = [
        AllowEntry.parse(entry, Surroundings(needs_secrets=False)).numbered(index) for index, entry in enumerate(allow)
    ]
    return [*select(document, entries).kept.values()]


def test_an_entry_for_one_operation_wins_over_a_group() -> None:
    one, other = keep(
        [
            {
                "tag": "pets",
                "consequential": True,
                "hints": {"open_world": True, "idempotent": True},
                "parameters": {"a": {"slashes": "allowed"}, "b": {"slashes": "allowed"}},
            },
            {
                "operation": "listPets",
                "operation_id": "pets",
                "description": "All.",
                "consequential": False,
                "title": "All pets",
                "hints": {"idempotent": False},
                "parameters": {"a": {"slashes": "refused"}},
            },
        ]
    )
    assert (one.operation_id, one.description, one.consequential, set(one.slashes)) == ("pets", "All.", False, {"b"})
    assert (one.title, one.hints) == ("All pets", ChosenHints(open_world=True, idempotent=False))
    assert (other.title, other.hints) == (None, ChosenHints(open_world=True, idempotent=True))
    assert (other.operation_id, other.description, other.consequential) == (None, None, True)
    assert other.slashes == {"a", "b"}


def test_each_setting_of_the_response_is_from_the_first_entry_that_has_it() -> None:
    group = {"tag": "pets", "response": {"drop": ["/notes"], "limit_items": {"": 2}}}
    own = {"operation": "listPets", "response": {"links": ["/next"], "limit_items": {"": 1}}}
    kept, _ = keep([group, own])
    assert kept.response.drop == ("/notes",)
    assert kept.response.limit_items == {"": 1}
    assert kept.response.keep == ()
    assert kept.response_origins == {"drop": 0, "limit_items": 1, "links": 1}


def test_each_setting_of_a_parameter_is_from_the_first_entry_that_has_it() -> None:
    group = {"tag": "pets", "parameters": {"limit": {"maximum": 50, "description": "g"}, "X-A": "hidden"}}
    own = {"operation": "listPets", "parameters": {"limit": {"description": "o"}, "X-A": {"default": 1}}}
    kept, _ = keep([group, own])

    assert (kept.parameters["limit"].maximum, kept.parameters["limit"].description) == (50, "o")
    assert kept.origins["limit", "maximum"] == 0
    assert kept.origins["limit", "description"] == 1
    assert (kept.parameters["X-A"].hidden, kept.parameters["X-A"].default) == (False, 1)


def test_a_slashed_parameter_may_be_named_with_its_place() -> None:
    (kept,) = keep([{"operation": "getPet", "parameters": {"path:petId": {"slashes": "allowed"}}}])

    assert kept.slashes == {"petId"}


def test_the_texts_that_an_entry_replaces_are_listed() -> None:
    (kept,) = keep([{"operation": "listPets", "summary": "s"}])

    assert kept.replaced_texts == {"summary"}


@pytest.mark.parametrize(
    "setting",
    [
        {"consequential": "confirm"},
        {"rate": "5/min"},
        {"credential": {"bearer": {"env": "OTHER_KEY"}}},
        {"parameters": {"limit": "hidden"}},
        {"parameters": {"limit": {"maximum": 5}}},
        {"request": {"drop": ["/a"]}},
        {"response": {"keep": ["/a"]}},
    ],
)
def test_what_an_entry_asks_of_calls_or_hides_is_in_the_terms(setting: dict[str, Any]) -> None:
    (kept,) = keep([{"operation": "getPet", **setting}])
    (other,) = keep([{"operation": "getPet", **setting}])

    assert kept.terms != NO_TERMS
    assert kept.terms.is_held is ("consequential" in setting)
    assert kept.terms == other.terms


@pytest.mark.parametrize(
    "setting",
    [
        {},
        {"consequential": True},
        {"summary": "A pet"},
        {"parameters": {"limit": {"description": "How many."}}},
        {"parameters": {"petId": {"slashes": "allowed"}}},
        {"response": {"links": ["/next"]}},
    ],
)
def test_what_is_only_for_clients_is_not_in_the_terms(setting: dict[str, Any]) -> None:
    (kept,) = keep([{"operation": "getPet", **setting}])

    assert kept.terms == NO_TERMS
