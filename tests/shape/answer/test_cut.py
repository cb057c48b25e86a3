import pytest

from plugin_gateway.shape.answer.cut import LEFT_OUT, Branch, Cut, both, cut_value, dropped, either, kept, limited

USER = {"id": 1, "email": "a@b.c", "name": {"first": "Ann", "last": None}}


@pytest.mark.parametrize(
    ("branch", "value", "expected"),
    [
        (kept([("id",)]), USER, {"id": 1}),
        (kept([("name", "first"), ("id",)]), USER, {"id": 1, "name": {"first": "Ann"}}),
        (kept([("name",), ("name", "first")]), USER, {"name": USER["name"]}),
        (kept([("name", "first"), ("name",)]), USER, {"name": USER["name"]}),
        (kept([("*", "id")]), [USER, USER], [{"id": 1}, {"id": 1}]),
        (kept([("*", "first")]), USER, {"name": {"first": "Ann"}}),
        (kept([("ID",)]), USER, {}),
        (kept([]), USER, LEFT_OUT),
        (dropped([("email",)]), USER, {"id": 1, "name": USER["name"]}),
        (dropped([("name", "first"), ("email",)]), USER, {"id": 1, "name": {"last": None}}),
        (dropped([("*", "email"), ("*", "name")]), [USER], [{"id": 1}]),
        (dropped([("name",), ("name", "first")]), USER, {"id": 1, "email": "a@b.c"}),
        (dropped([("*",)]), [1, 2], []),
        (dropped([]), USER, USER),
        (limited([(("items",), 2)]), {"items": [1, 2, 3]}, {"items": [1, 2]}),
        (limited([((), 1)]), [1, 2, 3], [1]),
        (limited([(("*", "tags"), 1)]), [{"tags": [1, 2]}], [{"tags": [1]}]),
        (limited([(("items",), 2)]), {"items": "abc"}, {"items": "abc"}),
        (both(kept([("name",)]), dropped([("name", "last")])), USER, {"name": {"first": "Ann"}}),
        (both(limited([((), 1)]), kept([("*", "id")])), [USER, USER], [{"id": 1}]),
        (both(limited([((), 3)]), limited([((), 1)])), [1, 2], [1]),
        (either(kept([("a", "*", "x")]), kept([("a", "y")])), {"a": [{"x": 1, "y": 2, "z": 3}]}, {"a": [{"x": 1, "y": 2}]}),
    ],
)  # fmt: skip
def test_a_value_is_cut_to_its_branch(branch: Branch, value: object, expected: object) -> None:
    assert cut_value(value, branch) == expected


def test_an_array_in_place_of_an_object_is_cut_item_by_item() -> None:
    """APIs send a list where their document has one object; a dropped member must not come out by that."""
    assert cut_value({"user": [USER]}, dropped([("user", "email"), ("user", "name")])) == {"user": [{"id": 1}]}
    assert cut_value([[USER]], kept([("id",)])) == [[{"id": 1}]]


@pytest.mark.parametrize(("value", "expected"), [("cus_1", {}), (7, {}), (False, {}), (None, {"customer": None})])
def test_a_scalar_in_place_of_a_kept_part_is_left_out(value: object, expected: object) -> None:
    assert cut_value({"customer": value}, kept([("customer", "id")])) == expected
    assert cut_value({"customer": value}, dropped([("customer", "id")])) == {"customer": value}


def test_equal_pointers_make_equal_cuts() -> None:
    first, second = kept([("a", "*")]), kept([("a", "*")])
    assert first == second
    assert hash(first) == hash(second)
    assert first != kept([("a",)])
    assert isinstance(first, Cut)
