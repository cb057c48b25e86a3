"""Our dataclasses, held against those of the standard library."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import sys
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.dataclass import dataclass, field, fields, is_dataclass, replace


def _define(decorate: Any, **options: bool) -> Any:
    @decorate(frozen=True, slots=True, **options)
    class Call:
        """One call."""

        kind: ClassVar[str] = "call"
        method: str
        path: str = "/"
        names: dict[str, str] = field(default_factory=dict)
        secret: str = field(default="", repr=False)
        place: int = field(default=0, compare=False)

        @property
        def shown(self) -> str:
            return f"{self.method} {self.path}"

    return Call


Ours = _define(dataclass, kw_only=True)
Standard = _define(dataclasses.dataclass, kw_only=True)


@dataclass(frozen=True, slots=True)
class Point:
    x: int
    y: int = 0


@dataclass(frozen=True, slots=True)
class Placed(Point):
    name: str = ""


values = st.fixed_dictionaries(
    {"method": st.sampled_from(["GET", "PUT"])},
    optional={
        "path": st.sampled_from(["/", "/a"]),
        "names": st.dictionaries(st.sampled_from("ab"), st.sampled_from("ab"), max_size=2),
        "secret": st.sampled_from(["", "s"]),
        "place": st.integers(0, 2),
    },
)


@given(values, values)
def test_an_instance_behaves_as_one_of_the_standard_library(one: dict, other: dict) -> None:
    ours, theirs = Ours(**one), Standard(**one)
    assert repr(ours) == repr(theirs)
    assert ours.shown == theirs.shown
    assert dataclasses.asdict(ours) == dataclasses.asdict(theirs)
    assert (ours == Ours(**other)) == (theirs == Standard(**other))
    assert repr(replace(ours, **other)) == repr(dataclasses.replace(theirs, **other))
    assert replace(ours, **other) == dataclasses.replace(ours, **other) == Ours(**{**one, **other})
    assert ours != theirs


@given(st.integers(), st.integers())
def test_equal_instances_have_equal_hashes(x: int, y: int) -> None:
    assert hash(Point(x, y)) == hash(Point(x=x, y=y))
    assert len({Point(x, y), Point(x, y)}) == 1


@given(st.integers(), st.integers())
def test_a_copy_and_a_pickled_instance_are_equal_to_it(x: int, y: int) -> None:
    point = Point(x, y)
    assert copy.deepcopy(point) == pickle.loads(pickle.dumps(point)) == point


@pytest.mark.parametrize(
    "arguments", [{}, {"method": "GET", "other": 1}], ids=["without a field", "with an unknown field"]
)
def test_a_call_with_the_wrong_fields_is_refused(arguments: dict) -> None:
    with pytest.raises(TypeError):
        Ours(**arguments)


def test_fields_are_given_by_name_where_the_class_says_so() -> None:
    with pytest.raises(TypeError):
        Ours("GET")


def test_an_instance_cannot_be_changed() -> None:
    point = Point(1)
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign to field 'x'"):
        point.x = 2
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot delete field 'x'"):
        del point.x
    with pytest.raises(dataclasses.FrozenInstanceError):
        point.z = 2


def test_each_instance_gets_a_new_value_from_a_factory() -> None:
    assert Ours(method="GET").names is not Ours(method="GET").names


def test_an_instance_has_slots_and_no_dict() -> None:
    assert not hasattr(Point(1), "__dict__")


def test_a_class_can_be_matched_by_position() -> None:
    match Point(1, 2):
        case Point(x, y):
            assert (x, y) == (1, 2)


@pytest.mark.parametrize("kind", [Ours, Standard], ids=["ours", "standard"])
def test_fields_are_told_in_the_order_of_their_declaration(kind: Any) -> None:
    assert is_dataclass(kind)
    assert [(one.name, one.repr, one.compare) for one in fields(kind)] == [
        ("method", True, True),
        ("path", True, True),
        ("names", True, True),
        ("secret", False, True),
        ("place", True, False),
    ]
    assert [one.name for one in dataclasses.fields(kind)] == [one.name for one in fields(kind)]


@pytest.mark.parametrize(
    "options", [{}, {"slots": True}, {"frozen": True}, {"frozen": True, "slots": True, "order": True}]
)
def test_the_standard_library_makes_every_other_kind(options: dict) -> None:
    @dataclass(**options)
    class Other:
        name: str

    assert is_dataclass(Other)
    assert fields(Other) == dataclasses.fields(Other)
    assert replace(Other("a"), name="b") == Other("b")


def test_a_subclass_has_the_fields_of_its_base() -> None:
    assert Placed(1, 2, "a") == Placed(x=1, y=2, name="a")
    assert [one.name for one in fields(Placed)] == ["x", "y", "name"]
    assert replace(Placed(1), name="a") == Placed(1, 0, "a")
    assert pickle.loads(pickle.dumps(Placed(1))) == Placed(1)


def test_only_init_is_compiled_for_a_class(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = []
    monkeypatch.setattr(dataclasses, "_process_class", lambda *_: compiled.append(1))
    _define(dataclass, kw_only=True)
    assert not compiled
    assert Ours.__eq__ is Point.__eq__
    assert sys.modules[Ours.__module__].__name__ in Ours.__init__.__module__
