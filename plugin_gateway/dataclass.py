"""A frozen dataclass with slots whose definition takes a fraction of the time: each process defines up to a hundred at its start.

The standard library compiles six methods for each class. This module compiles `__init__` alone and writes the others once, for all
classes. The standard library still makes every other kind of dataclass, and its functions work with these classes, too.
"""

from __future__ import annotations

import dataclasses
import sys
from dataclasses import MISSING, Field, FrozenInstanceError, field
from functools import cache, partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from dataclasses import dataclass, fields, is_dataclass, replace
    from typing import NoReturn

__all__ = ["dataclass", "field", "fields", "is_dataclass", "replace"]

_FIELDS: Final = "__frozen_fields__"
_KNOWN: Final = frozenset({"frozen", "slots", "kw_only"})
_set: Final = object.__setattr__


def _dataclass(cls: type | None = None, /, **options: bool) -> Any:
    """Define a dataclass. The options are those of the standard library."""
    if cls is None:
        return partial(_dataclass, **options)
    is_simple = options.get("frozen") and options.get("slots") and _KNOWN.issuperset(options)
    declared = _declared(cls) if is_simple else None
    if declared is None:
        made: type = dataclasses.dataclass(**options)(cls)
        if hasattr(made, _FIELDS):  # of its base
            setattr(made, _FIELDS, {one.name: one for one in dataclasses.fields(made)})
        return made
    return _frozen(cls, declared, partial(dataclasses.dataclass, **options), is_by_name=options.get("kw_only", False))


def _declared(cls: type) -> dict[str, Field[Any]] | None:
    """Return the fields of a class; None if only the standard library can make it."""
    if cls.__bases__ != (object,) or hasattr(cls, "__post_init__"):
        return None
    declared: dict[str, Field[Any]] = {}
    for name, annotation in cls.__annotations__.items():
        default = cls.__dict__.get(name, MISSING)
        one: Field[Any] = default if isinstance(default, Field) else field(default=default)
        if not isinstance(annotation, str) or "InitVar" in annotation or not one.init or one.kw_only is True:
            return None
        if "ClassVar" not in annotation:
            one.name = name
            declared[name] = one
    return declared if any(one.compare for one in declared.values()) else None


def _frozen(cls: type, declared: dict[str, Field[Any]], make: Callable[[type], type], *, is_by_name: bool) -> type:
    left_out = {"__dict__", "__weakref__", *declared}
    namespace = {name: value for name, value in cls.__dict__.items() if name not in left_out}
    compared = [name for name, one in declared.items() if one.compare]
    standard = cache(lambda: make(cls))
    methods = {
        "__init__": _init(cls, declared, is_by_name=is_by_name),
        "__eq__": _equal,
        "__hash__": _hash,
        "__repr__": _repr,
        "__match_args__": () if is_by_name else tuple(declared),
    }
    namespace = {
        **{name: method for name, method in methods.items() if name not in namespace},
        **namespace,
        "__slots__": tuple(declared),
        "__setattr__": _refuse_to_set,
        "__delattr__": _refuse_to_delete,
        "__getstate__": _state,
        "__setstate__": _restore,
        _FIELDS: declared,
        "__compared__": staticmethod(attrgetter(*compared)),
        "__dataclass_fields__": _Standard(standard),
        "__dataclass_params__": _Standard(standard),
    }
    made = type(cls.__name__, (), namespace)
    made.__qualname__ = cls.__qualname__
    return made


def _init(cls: type, declared: dict[str, Field[Any]], *, is_by_name: bool) -> Any:
    """Compile `__init__`. A default is read from `given`, and a factory is called, for a field that has one."""
    parameters, lines = ["*"] if is_by_name and declared else [], []
    for name, one in declared.items():
        is_made = one.default_factory is not MISSING
        has_default = is_made or one.default is not MISSING
        parameters.append(f"{name}=given[{name!r}]" if has_default else name)
        value = f"made[{name!r}]() if {name} is missing else {name}" if is_made else name
        lines.append(f"  put(self, {name!r}, {value})\n")
    source = f"def make(given, made, missing, put):\n def __init__(self, {', '.join(parameters)}):\n{''.join(lines) or '  pass'}\n return __init__"
    names: dict[str, Any] = {}
    exec(source, vars(sys.modules[cls.__module__]), names)  # noqa: S102  # the standard library does it so, too
    given = {name: one.default for name, one in declared.items()}
    made = {name: one.default_factory for name, one in declared.items()}
    init = names["make"](given, made, MISSING, _set)
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    init.__annotations__ = {**{name: cls.__annotations__[name] for name in declared}, "return": "None"}
    return init


class _Standard:
    """What the functions of the standard library look for in a class; it is made when one of them looks."""

    def __init__(self, make: Callable[[], type]) -> None:
        self._make = make

    def __set_name__(self, _: type, name: str) -> None:
        self._name = name

    def __get__(self, _: object, cls: type) -> Any:
        return getattr(self._make(), self._name)


def _equal(self: Any, other: Any) -> Any:
    if self.__class__ is not other.__class__:
        return NotImplemented
    return self.__compared__(self) == self.__compared__(other)


def _hash(self: Any) -> int:
    return hash(self.__compared__(self))


def _repr(self: Any) -> str:
    shown = (f"{name}={getattr(self, name)!r}" for name, one in getattr(self, _FIELDS).items() if one.repr)
    return f"{self.__class__.__qualname__}({', '.join(shown)})"


def _refuse_to_set(self: Any, name: str, _: object) -> NoReturn:  # noqa: ARG001  # the signature of the method
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(self: Any, name: str) -> NoReturn:  # noqa: ARG001  # likewise
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[Any]:
    return [getattr(self, name) for name in getattr(self, _FIELDS)]


def _restore(self: Any, state: list[Any]) -> None:
    for name, value in zip(getattr(self, _FIELDS), state, strict=True):
        _set(self, name, value)


def _replace(one: Any, /, **changes: Any) -> Any:
    """Copy an instance with some fields changed."""
    declared = getattr(one, _FIELDS, None)
    if declared is None:
        return dataclasses.replace(one, **changes)
    return one.__class__(**{**{name: getattr(one, name) for name in declared}, **changes})


def _fields(kind: Any) -> tuple[Field[Any], ...]:
    """Return the fields of a dataclass or of an instance."""
    declared = getattr(kind, _FIELDS, None)
    return dataclasses.fields(kind) if declared is None else tuple(declared.values())


def _is_dataclass(kind: Any) -> bool:
    return hasattr(kind, _FIELDS) or dataclasses.is_dataclass(kind)


if not TYPE_CHECKING:
    dataclass, fields, is_dataclass, replace = _dataclass, _fields, _is_dataclass, _replace
