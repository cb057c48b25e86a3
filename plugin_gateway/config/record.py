"""A record: one mapping of gateway.yaml as a frozen value that reports all of its mistakes at once."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, dataclass_transform

from msgspec import Struct, StructMeta, field
from msgspec.structs import fields, replace

from plugin_gateway.config import expected
from plugin_gateway.config.mistake import Mistake, nearest_key
from plugin_gateway.config.reader import FieldSite, MistakesError, ReadValue, gathered, read_as, reader_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Self

    from plugin_gateway.config.surroundings import Surroundings
    from plugin_gateway.diagnostics import Pointer


class _Records(StructMeta):
    """Makes each record frozen, with arguments by keyword: a required field may then follow one with a default."""

    def __new__(mcls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **_: bool) -> Any:
        return super().__new__(mcls, name, bases, namespace, frozen=True, kw_only=True)


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
class Record(Struct, metaclass=_Records, frozen=True, kw_only=True):
    """The base of every mapping of gateway.yaml. Its annotations say what its values may be (see `reader`).

    A record judges its keys, the rules between them and all of its values, even if one of these is wrong: an operator wants
    every mistake in one report.
    """

    short_form: ClassVar[dict[str, Any] | None] = None
    """JSON Schema of the short form that may replace the mapping."""
    between: ClassVar[tuple[dict[str, Any], ...]] = ()
    """JSON Schemas of the rules between keys. JSON Schema cannot express every rule; `mistakes` judges them all."""
    short_keys: ClassVar[tuple[str, ...]] = ()
    """The keys that only the short form has."""
    example: ClassVar[str] = ""
    """An example of the mapping, for hints."""
    other_words: ClassVar[dict[str, str]] = {}
    """Keys by the other names that people give them, in lower case with `_` and without a plural `s`."""

    _written: frozenset[str] = frozenset()

    @classmethod
    def of(cls, **values: Any) -> Self:
        """Make a record of values that are right. It counts these fields as written."""
        return cls(_written=frozenset(values), **values)

    @classmethod
    def parse(cls, value: Any, around: Surroundings | None = None) -> Self:
        """Read a raw value.

        Raises:
            MistakesError: with every mistake in it.

        """
        return read_as(cls, value, around)  # type: ignore[no-any-return]  # a record reads itself

    @property
    def written(self) -> frozenset[str]:
        """The names of the fields that are written in gateway.yaml; the others have their defaults."""
        return self._written

    @property
    def written_values(self) -> dict[str, Any]:
        """The values of the fields that are written in gateway.yaml."""
        return {name: getattr(self, name) for name in self.field_names() if name in self._written}

    def replace(self, **changes: Any) -> Self:
        """Return the record with other values, which count as written."""
        return replace(self, _written=self._written | changes.keys(), **changes)

    @classmethod
    def field_names(cls) -> list[str]:
        """Return the names of the fields."""
        return [name for name in cls.__struct_fields__ if not name.startswith("_")]

    @classmethod
    def known_keys(cls) -> list[str]:
        """Return the keys of the mapping, in the order of the fields."""
        return [key for key in cls.__struct_encode_fields__ if not key.startswith("_")]

    @classmethod
    def default_of(cls, name: str) -> Any:
        return dict(zip(cls.__struct_fields__, cls.__struct_defaults__, strict=True))[name]

    @classmethod
    def expand(cls, value: Any) -> Any:
        """Expand a short form into its mapping; return everything else unchanged."""
        return value

    @classmethod
    def mistakes(cls, written: Mapping[str, Any]) -> Iterator[Mistake]:  # noqa: ARG003  # a record without such rules
        """Yield what breaks the rules between keys; the values are raw and can have any type."""
        yield from ()

    @classmethod
    def parse_at(cls, value: Any, site: FieldSite) -> Self:
        """Read a raw value at its site.

        Raises:
            Mistake: the value is wrong as a whole.
            MistakesError: parts of it are wrong.

        """
        if isinstance(value, cls):
            return value
        found: list[tuple[Pointer, Mistake]] = []
        value = cls.expand(cls._respelt(value, found))
        if not isinstance(value, dict):
            raise cls._not_a_mapping(value)
        written = cls._known(value, found)
        found += [((), mistake) for mistake in cls.mistakes(written)]
        values: dict[str, Any] = {}
        for name, key, read, is_required in _fields_of(cls):
            if key in written:
                made = gathered(found, key, read, written[key], FieldSite(site.around, name, values))
                values[name] = made
            elif is_required:
                hint = f"for example {cls.example}" if cls.example else "add it"
                found.append(((key,), Mistake("missing-key", f"required key `{key}` is missing", hint=hint)))
        if found:
            raise MistakesError(found)
        return cls.of(**values)

    @classmethod
    def _known(cls, value: dict[Any, Any], found: list[tuple[Pointer, Mistake]]) -> dict[str, Any]:
        """Return the members with known keys, misspelt keys corrected, and add a mistake for each other key to `found`."""
        keys = cls.known_keys()
        known: dict[str, Any] = {}
        for key, member in value.items():
            if key in keys:
                known[key] = member
                continue
            free = [word for word in keys if word not in value and word not in known]
            instead_of = nearest_key(key, free, cls.other_words)
            close = instead_of or nearest_key(key, keys, cls.other_words)
            found.append(cls._unknown_key(key, close=close, instead_of=instead_of))
            if instead_of:
                known[instead_of] = member
        return known

    @classmethod
    def _respelt(cls, value: Any, found: list[tuple[Pointer, Mistake]]) -> Any:
        """Return the value with the misspelt keys of its short form corrected, and add a mistake for each to `found`."""
        if not cls.short_keys or not isinstance(value, dict):
            return value
        respelt: dict[Any, Any] = {}
        for key, member in value.items():
            free = [word for word in cls.short_keys if word not in value and word not in respelt]
            near = "" if key in (*cls.known_keys(), *cls.short_keys) else nearest_key(key, free)
            if near:
                found.append(cls._unknown_key(key, close=near, instead_of=near))
            respelt[near or key] = member
        return respelt

    @classmethod
    def _unknown_key(cls, key: Any, *, close: str, instead_of: str) -> tuple[Pointer, Mistake]:
        hint = f"{f'did you mean `{close}`? ' if close else ''}valid here: {', '.join((*cls.known_keys(), *cls.short_keys))}"
        mistake = Mistake("unknown-key", f"unknown key `{key}`", hint=hint, on_key=True, instead_of=instead_of)
        return (key if isinstance(key, str | int) else str(key),), mistake

    @classmethod
    def _not_a_mapping(cls, value: Any) -> Mistake:
        mistake = expected.a_mapping(value)
        is_one = isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict)
        mistake.hint = "remove the dash: this is not a list" if is_one else ""
        if not is_one and cls.example:
            mistake.hint = f"for example {cls.example}"
        return mistake


class _RecordField(NamedTuple):
    name: str
    key: str
    read: ReadValue
    is_required: bool


@cache
def _fields_of(record: type[Record]) -> tuple[_RecordField, ...]:
    return tuple(
        _RecordField(one.name, one.encode_name, reader_of(one.type), one.required)
        for one in fields(record)
        if not one.name.startswith("_")
    )


def exactly_one(written: Mapping[str, Any], keys: tuple[str, ...], what: str) -> Iterator[Mistake]:
    """Yield a mistake unless exactly one of `keys` is written."""
    present = [key for key in written if key in keys]
    names = ", ".join(f"`{key}`" for key in keys)
    if not present:
        yield Mistake("exactly-one", f"{what} needs exactly one of {names}", hint="add one of them")
    elif len(present) > 1:
        both = " and ".join(f"`{key}`" for key in present)
        yield Mistake("exactly-one", f"{what} has {both}", hint="keep one of them", at=(present[1],), on_key=True)


def given(*keys: str) -> dict[str, Any]:
    """Return the JSON Schema of a mapping in which each of `keys` has a value."""
    return {"properties": {key: {"not": {"type": "null"}} for key in keys}, "required": [*keys]}
