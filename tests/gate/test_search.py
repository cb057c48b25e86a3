"""The search finds the same routes as trying every template would, and backtracks from dead ends."""

from __future__ import annotations

from itertools import product
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.gate.routing import SegmentNode
from plugin_gateway.gate.search import find_ends, find_routes


def tree(paths: list[Any] | set[Any]) -> SegmentNode:
    """The tree of paths such as `("a", "*")`, in which `*` is a parameter; the route at the end of each is the path itself."""
    literals: dict[str, list[Any]] = {path[0]: [] for path in paths if path and path[0] != "*"}
    for path in paths:
        if path and path[0] != "*":
            literals[path[0]].append(path[1:])
    below = [path[1:] for path in paths if path and path[0] == "*"]

    def named(node: SegmentNode, first: str) -> SegmentNode:
        paths: dict[bytes, Any] = dict(node.routes)
        routes: dict[bytes, Any] = {method: tuple((first, *path) for path in found) for method, found in paths.items()}
        return SegmentNode(
            {text: named(child, first) for text, child in node.literals.items()},
            (),
            named(node.parameter, first) if node.parameter else None,
            routes,
        )

    here: dict[bytes, Any] = {b"GET": ((),)} if () in paths else {}
    return SegmentNode(
        {text: named(tree(rest), text) for text, rest in literals.items()},
        (),
        named(tree(below), "*") if below else None,
        here,
    )


def paths_of(segments: str) -> Any:
    return st.sampled_from([path for length in range(5) for path in product(segments, repeat=length)])


@given(st.sets(paths_of("abc*"), max_size=8), paths_of("abc"))
def test_the_most_specific_template_wins_among_all_that_match(paths: set[Any], segments: tuple[str, ...]) -> None:
    matching = [
        path
        for path in paths
        if len(path) == len(segments) and all(t in ("*", s) for t, s in zip(path, segments, strict=True))
    ]
    expected = min(matching, key=lambda path: [t == "*" for t in path], default=None)
    found = find_routes(tree(paths), ["", *segments], 1, b"GET")
    assert found == (None if expected is None else (expected,))
    ends = [node.routes[b"GET"][0] for node in find_ends(tree(paths), ["", *segments], 1) if node.routes]
    assert ends == sorted(matching, key=lambda path: [t == "*" for t in path])


def test_a_parameter_takes_no_empty_segment_and_no_other_method() -> None:
    assert find_routes(tree({("*",)}), ["", ""], 1, b"GET") is None
    assert find_ends(tree({("*",)}), ["", ""], 1) == []
    assert find_routes(tree({("*",)}), ["", "a"], 1, b"PUT") is None
