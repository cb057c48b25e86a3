from __future__ import annotations

import pytest

from plugin_gateway.openapi.values import as_list, as_mapping

OTHERS = [None, False, 0, 1.5, "text", "", ()]


def test_a_list_and_a_mapping_are_returned_as_they_are() -> None:
    names, members = ["a"], {"a": 1}

    assert as_list(names) is names
    assert as_mapping(members) is members


@pytest.mark.parametrize("value", [*OTHERS, {"a": 1}])
def test_a_value_that_is_not_a_list_counts_as_an_empty_one(value: object) -> None:
    assert as_list(value) == []


@pytest.mark.parametrize("value", [*OTHERS, ["a"]])
def test_a_value_that_is_not_a_mapping_counts_as_an_empty_one(value: object) -> None:
    assert as_mapping(value) == {}
