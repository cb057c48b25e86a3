import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.observation.sighting import Sighting, sighting_of

TEXTS = st.lists(st.text(max_size=8), max_size=3, unique=True).map(lambda texts: tuple(sorted(texts)))
FIELDS = st.dictionaries(st.text(max_size=5).map(lambda text: f"/{text}"), TEXTS, max_size=3)


MEMBERS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "method": st.sampled_from(["GET", "PUT"]),
        "path": st.text(max_size=9),
        "operation_id": st.text(max_size=9),
        "status": st.integers(0, 599),
        "in_document": st.booleans(),
        "query": TEXTS,
        "headers": TEXTS,
        "cookies": TEXTS,
        "request": FIELDS,
        "response": FIELDS,
    }
)


@given(MEMBERS.map(lambda members: Sighting(**members)))
def test_a_sighting_is_read_back_from_its_line(sighting: Sighting) -> None:
    line = sighting.as_line()

    assert "\n" not in line
    assert sighting_of(json.loads(line)) == sighting


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"method": "GET", "path": "/"},
        {"method": 1, "path": "/", "in_document": True},
        {"method": "GET", "path": "/", "in_document": 1},
        {"method": "GET", "path": "/", "in_document": True, "status": "200"},
        {"method": "GET", "path": "/", "in_document": True, "operation": 7},
    ],
)
def test_other_lines_are_no_sightings(members: dict[str, object]) -> None:
    assert sighting_of(members) is None


def test_names_and_fields_of_another_type_are_left_out() -> None:
    members = {
        "method": "GET",
        "path": "/",
        "in_document": True,
        "query": [1, "a"],
        "headers": "x",
        "response": {"a": ["x"], "/b": [1, "string"]},
        "request": [],
    }

    assert sighting_of(members) == Sighting(method="GET", path="/", query=("a",), response={"/b": ("string",)})
