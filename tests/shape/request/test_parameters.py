"""The parameters of a call go up as the shape says. The tests of `parameter_rules` have the table of what a rule does."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.openapi.document import Document
from plugin_gateway.refusal import Refusal
from plugin_gateway.shape.describe.parameter_parts import path_parts
from plugin_gateway.shape.request.parameters import Parameters, WrittenParameters
from plugin_gateway.shape.request.part import Part
from plugin_gateway.shape.request.reader import Reader
from plugin_gateway.shape.values.kind import kind_of
from plugin_gateway.shape.values.reading import Style
from plugin_gateway.shape.values.validator import Validator

if TYPE_CHECKING:
    from collections.abc import Iterable

INTEGER = {"type": "integer", "maximum": 50}


def reader(name: str, *, is_enforced: bool = True, place: str = "query") -> Reader:
    kind = kind_of(INTEGER, Document(root={}, name="d"))
    return Reader(place, name, Style("form", True, name), kind, Validator(INTEGER), is_enforced=is_enforced)


BOTH = Parameters(
    (Part("query", "a", reader("a"), wire_name=b"A"), Part("query", "b", reader("b")), Part("query", "", added=b"c=1", is_fixed=True))
)  # fmt: skip
PAIRS = st.lists(st.sampled_from(["a=1", "b=2", "x=3", "%61=4", "b", "y=%41+b"]), max_size=6)


@given(PAIRS)
def test_only_the_names_and_values_of_the_rules_change(pairs: list[str]) -> None:
    written = BOTH.write(b"/", "&".join(pairs).encode(), ())
    if isinstance(written, Refusal):
        assert (
            pairs.count("b=2") + pairs.count("b") > 1 or "b" in pairs or pairs.count("a=1") + pairs.count("%61=4") > 1
        )
        return
    renamed = {"a=1": "A=1", "%61=4": "A=4"}
    assert written.query.decode() == "&".join([*(renamed.get(pair, pair) for pair in pairs), "c=1"])


def test_every_problem_is_in_one_answer() -> None:
    refused = BOTH.write(b"/", b"a=51&b=x", ())
    assert isinstance(refused, Refusal)
    assert [one["pointer"] for one in refused.members["errors"]] == ["/query/a", "/query/b"]


def test_a_query_with_problems_that_are_only_reported_goes_up_byte_for_byte() -> None:
    parameters = Parameters((Part("query", "a", reader("a", is_enforced=False)),))
    written = parameters.write(b"/", b"x=%7e&a=51", ())
    assert isinstance(written, WrittenParameters)
    assert written.query == b"x=%7e&a=51"
    assert [one.pointer for one in written.problems] == ["/query/a"]


def test_lines_of_one_header_field_are_one_list() -> None:
    schema = {"type": "array", "items": {"type": "integer"}, "maxItems": 2}
    kind = kind_of(schema, Document(root={}, name="d"))
    one = Reader("header", "X-A", Style("simple", False, "X-A", "none"), kind, Validator(schema))
    parameters = Parameters((Part("header", "X-A", one),))
    assert isinstance(parameters.write(b"/", b"", [(b"x-a", b"1"), (b"x-a", b"2")]), WrittenParameters)
    assert isinstance(parameters.write(b"/", b"", [(b"x-a", b"1,2"), (b"x-a", b"3")]), Refusal)


def test_a_cookie_is_judged_in_every_cookie_field() -> None:
    parameters = Parameters((Part("cookie", "a", reader("a", place="cookie")),))
    assert isinstance(parameters.write(b"/", b"", [(b"cookie", b"b=x; a=50")]), WrittenParameters)
    assert isinstance(parameters.write(b"/", b"", [(b"cookie", b"b=x"), (b"cookie", b"a=51")]), Refusal)


def test_an_exploded_list_is_one_cookie() -> None:
    schema = {"type": "array", "items": INTEGER}
    kind = kind_of(schema, Document(root={}, name="d"))
    one = Reader("cookie", "a", Style("form", True, "a", "path"), kind, Validator(schema))
    parameters = Parameters((Part("cookie", "a", one),))
    assert isinstance(parameters.write(b"/", b"", [(b"cookie", b"a=1&a=50")]), WrittenParameters)
    assert isinstance(parameters.write(b"/", b"", [(b"cookie", b"a=1&a=51")]), Refusal)


def test_parameters_are_pickled_whole() -> None:
    copy = pickle.loads(pickle.dumps(BOTH))
    assert copy.write(b"/", b"a=1", ()) == BOTH.write(b"/", b"a=1", ())


def test_fixed_parameters_stay_where_the_gate_takes_nothing() -> None:
    limited = BOTH.limited_to(lambda _place, _name: False)
    assert [part.added for part in limited.parts] == [b"c=1"]


@given(st.binary(max_size=60), st.binary(max_size=20))
def test_no_bytes_of_a_client_raise(query: bytes, value: bytes) -> None:
    BOTH.write(b"/", query, [(b"cookie", value), (b"x-a", value)])


HEADER = Reader("header", "X-A", Style("simple", False, "X-A", "none"), kind_of(INTEGER, Document(root={}, name="d")), Validator(INTEGER),
                is_required=True)  # fmt: skip
SESSION = Reader("cookie", "x-a", Style("form", True, "x-a", "path"), HEADER.kind, Validator(INTEGER), is_required=True)
NEEDED = Reader("query", "b", Style("form", True, "b"), HEADER.kind, Validator(INTEGER), is_required=True)
FREE = Part("query", "c")
SHAPES = [
    Parameters((Part("query", "a", reader("a")), Part("query", "b", NEEDED), FREE)),
    Parameters((Part("query", "a", reader("a")), Part("header", "X-A", HEADER))),
    Parameters((Part("query", "a", reader("a")), Part("cookie", "x-a", SESSION))),
    Parameters((), path_parts("/{a}/b", {"a": HEADER})),
    Parameters((Part("query", "a", reader("a")),), path_parts("/{a}-{b}", {"b": HEADER})),
    BOTH,
    Parameters((Part("query", "a", reader("a"), added=b"a=20"),)),
]
FIELDS = st.lists(st.sampled_from([(b"x-a", b"1"), (b"x-a", b"51"), (b"cookie", b"x-a=1"), (b"cookie", b"x-a=x")]), max_size=3)  # fmt: skip


@given(
    st.sampled_from(SHAPES),
    st.sampled_from([b"/1/b", b"/x/b", b"/0/b", b"/a-1", b"/a-51", b"/"]),
    st.lists(st.sampled_from(["a=1", "a=0", "a=05", "a=51", "a", "b=2", "%62=2", "b=51", "c=%41", "d=1"]), max_size=4),
    FIELDS,
)
def test_a_call_that_passes_goes_up_as_it_would_be_written(
    shape: Parameters, path: bytes, pairs: list[str], fields: list[tuple[bytes, bytes]]
) -> None:
    query = "&".join(pairs).encode()
    passing = shape.passing_query(path, query, fields)
    if passing is not None:
        assert shape.write(path, query, fields) == WrittenParameters(passing)


def test_plain_calls_pass_without_being_written() -> None:
    query = b"a=0&b=50&c=x"
    assert SHAPES[0].passing_query(b"/", query, ()) is query
    assert SHAPES[1].passing_query(b"/", b"", [(b"x-a", b"1"), (b"accept", b"*/*")]) == b""
    assert SHAPES[3].passing_query(b"/5/b", b"", ()) == b""


def test_a_renamed_parameter_gets_its_name_in_a_query_that_passes() -> None:
    assert BOTH.passing_query(b"/", b"b=2&a=1", ()) == b"b=2&A=1&c=1"
    assert BOTH.passing_query(b"/", b"A=1", ()) is None


def test_fixed_values_and_defaults_are_added_to_a_query_that_passes() -> None:
    assert [SHAPES[6].passing_query(b"/", query, ()) for query in (b"", b"a=5")] == [b"a=20", b"a=5"]
    fixed = Parameters((Part("query", "a", reader("a")), Part("query", "", added=b"c=1", is_fixed=True)))
    assert [fixed.passing_query(b"/", query, ()) for query in (b"", b"a=5")] == [b"c=1", b"a=5&c=1"]


@pytest.mark.parametrize(
    ("shape", "path", "query", "fields"),
    [
        (SHAPES[0], b"/", b"a=1&b=2&a=1", ()),
        (SHAPES[0], b"/", b"a=1", ()),
        (SHAPES[0], b"/", b"a=51&b=2", ()),
        (SHAPES[1], b"/", b"a=1", ()),
        (SHAPES[1], b"/", b"", [(b"x-a", b"51")]),
        (SHAPES[1], b"/", b"", [(b"x-a", b"1"), (b"x-a", b"1")]),
        # A header field with the name of a required cookie is no cookie.
        (SHAPES[2], b"/", b"", [(b"x-a", b"1")]),
        (SHAPES[3], b"/x/b", b"", ()),
    ],
)
def test_a_call_with_a_problem_does_not_pass(
    shape: Parameters, path: bytes, query: bytes, fields: Iterable[tuple[bytes, bytes]]
) -> None:
    assert shape.passing_query(path, query, fields) is None
    assert isinstance(shape.write(path, query, fields), Refusal)


def test_a_call_in_which_a_rule_changes_more_than_the_query_does_not_pass() -> None:
    added = Parameters((Part("header", "", added=b"X-A: 1\r\n", is_fixed=True),))
    assert added.passing_query(b"/", b"", ()) is None
