"""The closest names: what a person may have meant, and no more."""

from typing import Any

import pytest

from plugin_gateway.text.closest import NEARLY_EQUAL, closest

PETS = ["listPets", "getPet", "deletePet", "exp"]


@pytest.mark.parametrize(
    ("word", "names"),
    [
        ("getPt", ["getPet"]),
        ("LISTPETS", ["listPets"]),
        ("list_pets", ["listPets"]),
        ("List all of the pets", ["listPets"]),
        ("Pet", ["getPet"]),
        ("listPet", ["listPets"]),
        ("zzz", []),
        ("", []),
    ],
)
def test_a_word_has_the_names_that_are_about_as_similar_as_the_best(word: str, names: list[str]) -> None:
    assert closest(word, PETS, 3) == names


def test_at_most_as_many_names_as_asked_for_come_the_most_similar_first() -> None:
    names = ["getPetA", "getPet", "getPetAB"]

    assert closest("getPets", names, 2) == ["getPet", "getPetA"]
    assert closest("getPets", names) == ["getPet"]


def test_names_that_differ_in_case_only_are_all_meant() -> None:
    assert closest("PET", ["pet", "Pet", "peta"], 3) == ["pet", "Pet"]
    assert closest("PET", ["pet", "Pet", "peta"]) == ["pet"]


def test_a_name_that_is_the_word_but_for_case_is_the_only_one_meant() -> None:
    assert closest("ListAllThePets", ["listAllThePet", "listAllThePets"], 3) == ["listAllThePets"]


def test_a_caller_may_ask_for_more_than_a_resemblance() -> None:
    assert closest("limits", ["listen"]) == []
    assert closest("listens", ["listen"], at_least=NEARLY_EQUAL) == ["listen"]
    assert closest("lists", ["listen"]) == ["listen"]
    assert closest("lists", ["listen"], at_least=NEARLY_EQUAL) == []


def test_of_many_names_few_are_compared_letter_by_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[int] = []

    def close(_: str, names: list[str], **__: Any) -> list[str]:
        compared.append(len(names))
        return []

    monkeypatch.setattr("difflib.get_close_matches", close)
    closest("b", [f"a{number}" for number in range(3000)])

    assert compared == [500]
