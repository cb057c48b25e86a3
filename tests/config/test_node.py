from plugin_gateway.config.node import Node, TextSpan, walk
from plugin_gateway.config.tree import read
from tests.narrow import present

SPAN = TextSpan(1, 1, 1)


def test_a_child_is_found_by_its_key_or_its_index() -> None:
    root = present(read("a: [1, 2]\n")[0])
    assert present(present(root.child("a")).child(1)).value == 2
    assert root.child("b") is None
    assert present(root.child("a")).child(2) is None
    assert present(root.child("a")).child(-1) is None
    assert Node(SPAN, "text").child(0) is None


def test_a_node_is_plain_as_dicts_lists_and_scalars() -> None:
    assert present(read("a: [1, {b: x}]\nc:\n")[0]).plain() == {"a": [1, {"b": "x"}], "c": None}


def test_a_walk_yields_parents_first_and_what_duplicate_keys_leave_out() -> None:
    root = present(read("a: {b: 1}\na: 2\n")[0])
    assert [pointer for pointer, _ in walk(root)] == [(), ("a",), ("a", "b"), ("a",)]
