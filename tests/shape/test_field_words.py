import pytest

from plugin_gateway.shape.field_words import fold, last_word, rank, score


@pytest.mark.parametrize("name", ["createdAt", "created_at", "CREATED-AT"])
def test_spellings_of_one_name_are_the_same(name: str) -> None:
    assert fold(name) == "createdat"


@pytest.mark.parametrize(("name", "word"), [("InvoiceID", "id"), ("customer_uuid", "uuid"), ("total2", "2"), ("_", "")])
def test_the_last_word_of_a_name_is_found_in_each_style(name: str, word: str) -> None:
    assert last_word(name) == word


def test_a_name_for_people_says_more_than_an_id() -> None:
    assert rank("login") < rank("number") < rank("weight") < rank("id")


@pytest.mark.parametrize(
    ("needed", "less"),
    [
        ("id", "status"),
        ("title", "description"),
        ("amount", "body"),
        ("owner", "avatar"),
        ("shipping_status", "shipping_mode"),
        ("html_url", "events_url"),
        ("total_price", "node_id"),
    ],
)
def test_a_model_needs_some_names_more_than_others(needed: str, less: str) -> None:
    assert score(needed, {"string"})[0] > score(less, {"string"})[0]


@pytest.mark.parametrize(
    ("name", "is_formatted", "is_date"),
    [("closed_at", False, True), ("due", False, True), ("closing", True, True), ("closing", False, False)],
)
def test_a_date_is_known_by_its_format_or_its_name(name: str, is_formatted: bool, is_date: bool) -> None:
    assert score(name, {"string"}, is_formatted_date=is_formatted)[1] is is_date


def test_a_number_says_more_than_a_flag_and_a_flag_more_than_a_text() -> None:
    assert score("x", {"integer"}) > score("x", {"boolean"}) > score("x", {"string"}) > score("x")
