"""A reader: a function that turns a raw value of gateway.yaml into a value of the model, by an annotation of the model.

An annotation is `str`, `int`, `bool`, `Any`, a record, a `Literal`, `tuple[…, ...]`, `dict[…, …]` or `… | None`. In `Annotated`
it has notes: the notes of this module, and the bounds of `msgspec.Meta`. `msgspec.convert` is not used, because it stops at the
first mistake.
"""

from __future__ import annotations

from collections.abc import Callable
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias, Union, get_args, get_origin

from msgspec import Meta, Struct, field

from plugin_gateway.config import expected
from plugin_gateway.config.illegible import ILLEGIBLE, illegible
from plugin_gateway.config.mistake import Mistake
from plugin_gateway.config.surroundings import Surroundings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from plugin_gateway.config.record import Record
    from plugin_gateway.diagnostics import Pointer


class MistakesError(Exception):
    """Raised with every mistake of one value, each with the pointer that leads to it from there. It never leaves `config`."""

    def __init__(self, found: Iterable[tuple[Pointer, Mistake]]) -> None:
        self.found = tuple(found)
        # The rules alone: a value may be a secret.
        super().__init__(", ".join(mistake.rule for _, mistake in self.found))


class FieldSite(Struct, frozen=True):
    """Where a value is: its surroundings, its field in the record, and the values of the record's earlier fields."""

    around: Surroundings
    name: str = ""
    earlier: Mapping[str, Any] = field(default_factory=dict)


ReadValue: TypeAlias = Callable[[Any, FieldSite], Any]
"""Returns the value of the model for a raw value; raises `Mistake` or `MistakesError`."""


class PrepareRaw(Struct, frozen=True, eq=False):
    """A note: a function that prepares the raw value, or refuses it with a `Mistake`, before it is read as the type says."""

    prepare: Callable[[Any], Any]
    schema: dict[str, Any] | None = None
    """The JSON Schema of the raw value, if it differs from the type's."""


class ChangeValue(Struct, frozen=True, eq=False):
    """A note: a function that changes or refuses the value after it was read."""

    change: Callable[[Any], Any]


class Parsed(Struct, frozen=True, eq=False):
    """A note: a function that reads the raw value in place of the type, and the JSON Schema of the raw value."""

    parse: Callable[[Any], Any]
    schema: dict[str, Any]


class ParsedAt(Struct, frozen=True, eq=False):
    """A note: a function as in `Parsed` that also gets the site of the value."""

    parse: ReadValue
    schema: dict[str, Any]


class SchemaWords(Struct, frozen=True, eq=False):
    """A note: words to add to the JSON Schema."""

    words: dict[str, Any]


class ChosenBy(Struct, frozen=True, eq=False):
    """A note of a union of records: a function that chooses, by the raw value, which record to read."""

    choose: Callable[[Any], type[Record]]


class RefusesNull(Struct, frozen=True):
    """A note of `… | None` for the JSON Schema: a rule of the record or of its field refuses a null in gateway.yaml."""


def read_as(annotation: Any, value: Any, around: Surroundings | None = None) -> Any:
    """Read one raw value.

    Raises:
        MistakesError: with every mistake in it.

    """
    try:
        return reader_of(annotation)(value, FieldSite(around or Surroundings()))
    except Mistake as mistake:
        raise MistakesError([((), mistake)]) from None


def reader_of(annotation: Any) -> ReadValue:
    """Return the reader of values with this annotation."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _noted(*inner)
    if origin in (Union, UnionType):
        return _or_none(reader_of(besides_none(annotation)))
    if origin is tuple:
        return _every(reader_of(inner[0]))
    if origin is dict:
        return _members(*map(reader_of, inner))
    if origin is Literal:
        return _word(inner)
    return _READERS.get(annotation) or _record(annotation)


def besides_none(annotation: Any) -> Any:
    """Return the annotation that `… | None` adds None to."""
    (one,) = (one for one in get_args(annotation) if one is not NoneType)
    return one


def gathered(found: list[tuple[Pointer, Mistake]], part: Any, read: ReadValue, value: Any, site: FieldSite) -> Any:
    """Read a part of a value. Add its mistakes to `found`, with the pointer of the part."""
    pointer = (part if isinstance(part, str | int) else str(part),)
    if value is ILLEGIBLE:
        found.append((pointer, illegible()))
        return None
    try:
        return read(value, site)
    except Mistake as mistake:
        found.append((pointer, mistake))
    except MistakesError as several:
        found += [((*pointer, *below), mistake) for below, mistake in several.found]
    return None


def _noted(annotation: Any, *notes: Any) -> ReadValue:
    alone = next((note for note in notes if isinstance(note, Parsed | ParsedAt | ChosenBy)), None)
    read = reader_of(annotation) if alone is None else _alone(alone)
    for note in notes:
        if isinstance(note, PrepareRaw):
            read = _prepared(note.prepare, read)
        elif isinstance(note, ChangeValue):
            read = _changed(note.change, read)
        elif isinstance(note, Meta):
            read = _bounded(note, read)
    return read


def _alone(note: Parsed | ParsedAt | ChosenBy) -> ReadValue:
    if isinstance(note, Parsed):
        return lambda value, site: note.parse(value)  # noqa: ARG005  # the value says all
    if isinstance(note, ParsedAt):
        return note.parse
    return lambda value, site: note.choose(value).parse_at(value, site)


def _prepared(prepare: Callable[[Any], Any], read: ReadValue) -> ReadValue:
    return lambda value, site: read(prepare(value), site)


def _changed(change: Callable[[Any], Any], read: ReadValue) -> ReadValue:
    return lambda value, site: change(read(value, site))


def _bounded(bounds: Meta, read: ReadValue) -> ReadValue:
    def bounded(value: Any, site: FieldSite) -> Any:
        made = read(value, site)
        if mistake := expected.beyond(bounds, made, got=value):
            raise mistake
        return made

    return bounded


def _or_none(read: ReadValue) -> ReadValue:
    return lambda value, site: None if value is None else read(value, site)


def _every(read: ReadValue) -> ReadValue:
    def every(value: Any, site: FieldSite) -> tuple[Any, ...]:
        if not isinstance(value, tuple):
            raise expected.a_list(value)
        found: list[tuple[Pointer, Mistake]] = []
        made = [gathered(found, index, read, item, site) for index, item in enumerate(value)]
        if found:
            raise MistakesError(found)
        return tuple(made)

    return every


def _members(read_key: ReadValue, read: ReadValue) -> ReadValue:
    def members(value: Any, site: FieldSite) -> dict[Any, Any]:
        if not isinstance(value, dict):
            raise expected.a_mapping(value)
        found: list[tuple[Pointer, Mistake]] = []
        made = {
            gathered(found, key, read_key, key, site): gathered(found, key, read, member, site)
            for key, member in value.items()
        }
        if found:
            raise MistakesError(found)
        return made

    return members


def _word(words: tuple[Any, ...]) -> ReadValue:
    def word(value: Any, site: FieldSite) -> Any:
        for one in words:
            if value == one:
                return one
        raise expected.one_of(words, value)

    return word


def _record(record: type[Record]) -> ReadValue:
    return record.parse_at


def _text(value: Any, site: FieldSite) -> str:
    if not isinstance(value, str):
        raise expected.text(value)
    return str(value)  # without the type of an override


def _whole_number(value: Any, site: FieldSite) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise expected.a_whole_number(value)
    return value


def _flag(value: Any, site: FieldSite) -> bool:
    if not isinstance(value, bool):
        raise expected.true_or_false(value)
    return value


def _anything(value: Any, site: FieldSite) -> Any:
    return value


_READERS: Final[dict[Any, ReadValue]] = {str: _text, int: _whole_number, bool: _flag, Any: _anything}
