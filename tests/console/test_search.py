import pytest

from plugin_gateway.console.arguments import BadQuestionError
from plugin_gateway.console.operation_index import index_operations
from plugin_gateway.console.operation_list import OperationList
from plugin_gateway.console.search import search
from plugin_gateway.reports.operations import index_of
from tests.console.pets_place import ADD, FOOD, GET, LIST, Place


def found(place: Place, text: str) -> list[int]:
    reading = place.material.reading()
    listed = OperationList(reading, index_operations(reading.document))
    return search(text, listed, lambda: index_of(reading.document.operations.values()))


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("", [LIST, ADD, GET, FOOD]),
        ("add a pet", [ADD]),
        ("tag:animals", [LIST, ADD]),
        ('tag:"animals" method:post', [ADD]),
        ("method:get list", [LIST, FOOD]),
        ("is:allowed", [LIST]),
        ("IS:Write", [ADD]),
        ("is:deprecated", [GET]),
        ("is:allowed is:write", []),
        ("zebra", []),
    ],
)
def test_words_tags_methods_and_kinds_must_all_match(place: Place, text: str, numbers: list[int]) -> None:
    assert sorted(found(place, text)) == numbers


def test_an_unknown_kind_is_refused_and_the_known_kinds_are_named(place: Place) -> None:
    with pytest.raises(BadQuestionError, match="use allowed, new, changed, deprecated or write"):
        found(place, "is:nonsense")
