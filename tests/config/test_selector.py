from typing import Any

import pytest

from plugin_gateway.config.fields import OverrideText
from plugin_gateway.config.reader import MistakesError
from plugin_gateway.config.selector import AllowEntry, Selector


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("listIssues", ("listIssues", None, None, None, ())),
        ("get /issues", (None, ("GET", "/issues"), None, None, ())),
        ("DELETE /**", (None, None, None, "/**", ("DELETE",))),
        ({"operation": "POST /issues"}, (None, ("POST", "/issues"), None, None, ())),
        ({"tag": "reports", "methods": ["get", "HEAD"]}, (None, None, "reports", None, ("GET", "HEAD"))),
        ({"path": "/search/**"}, (None, None, None, "/search/**", ())),
    ],
)
def test_an_entry_names_operations_in_one_of_its_forms(written: dict[str, Any] | str, wanted: tuple[Any, ...]) -> None:
    entry = Selector.parse(written)
    assert (entry.wanted_id, entry.key, entry.tag, entry.path, entry.methods) == wanted


@pytest.mark.parametrize(
    "written",
    [
        {},
        {"operation": "a", "tag": "b"},
        {"tag": "a", "operation_id": "x"},
        {"path": "/a", "description": "x"},
        {"operation": "a", "methods": ["GET"]},
        3,
        None,
        ["a"],
        {"tag": ""},
    ],
)
def test_an_entry_without_or_with_two_selecting_keys_is_a_mistake(written: Any) -> None:
    with pytest.raises(MistakesError):
        AllowEntry.parse(written)


def test_a_numbered_entry_is_a_copy() -> None:
    entry = Selector.parse("a")
    assert (entry.numbered(3).index, entry.index) == (3, 0)


@pytest.mark.parametrize("written", ["Confirm", "ask", "yes", 1, [], OverrideText("maybe")])
def test_the_mistake_for_a_wrong_consequential_names_the_three_valid_values(written: Any) -> None:
    with pytest.raises(MistakesError) as raised:
        AllowEntry.parse({"operation": "a", "consequential": written})
    [(_, mistake)] = raised.value.found
    assert mistake.message == "expected true, false or confirm"


@pytest.mark.parametrize(
    ("written", "value"), [(True, True), (False, False), ("confirm", "confirm"), (OverrideText("TRUE"), True)]
)
def test_consequential_is_true_false_or_confirm(written: Any, value: Any) -> None:
    assert AllowEntry.parse({"operation": "a", "consequential": written}).consequential == value
