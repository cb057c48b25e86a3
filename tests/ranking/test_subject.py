from typing import Any

import pytest

from plugin_gateway.ranking.subject import FIELDS, Subject, plain, without_parameters
from plugin_gateway.ranking.words import stems_of


def texts(**values: Any) -> dict[str, list[str]]:
    return Subject(**{"name": "n", "method": "GET", "path": "/", **values}).texts()


def test_every_text_has_a_weight() -> None:
    assert {*texts()} == {*FIELDS}


@pytest.mark.parametrize(
    ("method", "path", "verbs"),
    [
        ("GET", "/pets", ["list", "get", "search"]),
        ("GET", "/pets/{id}", ["get"]),
        ("GET", "/pets/{id}.json", ["get"]),
        ("POST", "/pets", ["creat"]),
        ("POST", "/pets/{id}", ["updat", "creat"]),
        ("PATCH", "/pets/{id}?v=1", ["updat"]),
        ("DELETE", "/pets", ["delet"]),
        ("PURGE", "/pets", ["purg"]),
    ],
)
def test_a_method_says_what_an_operation_does(method: str, path: str, verbs: list[str]) -> None:
    assert texts(method=method, path=path)["verb"] == verbs


@pytest.mark.parametrize(
    ("path", "thing"),
    [
        ("/shops/{shop}/pets", ["pet"]),
        ("/shops/{shop}/pets/{pet}", ["pet"]),
        ("/{a}", []),
        ("/", []),
        ("/pets/{id}:sell", ["sell"]),
    ],
)
def test_the_last_word_of_a_path_is_the_thing(path: str, thing: list[str]) -> None:
    assert texts(path=path)["thing"] == thing


def test_the_first_sentence_is_the_title_if_there_is_no_other() -> None:
    only = texts(description="<p>Lists  <b>pets</b>.</p> <p>Needs a key. For v1.0 too</p>")
    assert (only["title"], only["sentence"]) == (["list", "pet"], [])
    assert only["rest"] == ["need", "a", "key", "for", "v", "1", "0", "too"]
    both = texts(title="Pets", description="Lists pets. Needs a key")
    assert (both["title"], both["sentence"]) == (["pet"], ["list", "pet"])


def test_a_long_description_is_read_within_bounds() -> None:
    long = texts(description="word " * 100_000, arguments=("a",) * 10_000)
    assert sum(map(len, long.values())) < 1000


def test_parameters_are_not_words_of_a_path() -> None:
    assert without_parameters("/pets/{petId}/toys").split() == ["/pets/", "/toys"]


def test_a_plain_text_has_no_tags_and_one_line() -> None:
    assert plain("<p>All\n <code>pets</code></p>, 1 < 2") == "All pets , 1 < 2"


def test_the_act_of_an_operation_is_the_first_word_of_its_title_that_says_something() -> None:
    assert texts(title="A way to cancel an order")["act"] == [*stems_of("way")]
    assert texts(title="Cancels an order")["act"] == [*stems_of("cancel")]
    assert texts(title="", description="")["act"] == []
