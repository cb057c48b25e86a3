"""A misplaced key: a key of gateway.yaml in the wrong mapping. Its value is judged as if it were in the right one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from plugin_gateway.config.limits import Limits
from plugin_gateway.config.manifest import Manifest
from plugin_gateway.config.mistake import Mistake, nearest_key
from plugin_gateway.config.model import ClientTimeout, Config, Log
from plugin_gateway.config.public import Public
from plugin_gateway.config.upstream import Upstream

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from plugin_gateway.config.record import Record
    from plugin_gateway.diagnostics import Pointer


# If two sections have a key, people more often mean the first.
_SECTIONS: Final[Mapping[str, type[Record]]] = {
    "upstream": Upstream,
    "limits": Limits,
    "manifest": Manifest,
    "public": Public,
    "log": Log,
    "client_timeout": ClientTimeout,
}
_MORE_HOMES: Final = {"rate_limit": ("limits", "rate"), "api_key": ("upstream", "credential")}


class Moved(Struct, frozen=True, kw_only=True):
    """The config with every key where it belongs, where each moved key is written, and the mistake to report for it."""

    value: Any
    written_at: Mapping[Pointer, Pointer]
    mistakes: tuple[tuple[Pointer, Mistake], ...]
    """By the pointer at which the key is written."""


def moved(value: Any) -> Moved:
    """Move the keys that are in the wrong mapping, if the right one does not have them already."""
    if not isinstance(value, dict):
        return Moved(value=value, written_at={}, mistakes=())
    value = dict(value)
    written_at: dict[Pointer, Pointer] = {}
    mistakes: list[tuple[Pointer, Mistake]] = []
    for at, home in [*_of_the_root(value), *_of_sections(value)]:
        *above, key = at
        source = value if not above else value[above[0]]
        if not _is_free(value, home) or key not in source:
            continue
        member = source[key]
        if above:
            left = {name: one for name, one in source.items() if name != key}
            if left or above[0] in _keys(Config):
                value[above[0]] = left
            else:
                del value[above[0]]
        else:
            del value[key]
        if len(home) == 1:
            value[home[0]] = member
        else:
            value[home[0]] = {**(value.get(home[0]) or {}), home[1]: member}
        written_at[home] = at
        mistakes.append((at, _mistake(at, home)))
    return Moved(value=value, written_at=written_at, mistakes=tuple(mistakes))


def _of_the_root(value: Mapping[Any, Any]) -> Iterator[tuple[Pointer, Pointer]]:
    """Yield the keys at the root that belong in a section."""
    keys = _keys(Config)
    for key in value:
        if key in keys:
            continue
        if inner := _wrapped(value[key]):
            yield from (((key, name), (name,)) for name in inner)
            continue
        for section, record in _SECTIONS.items():
            below = str(key).removeprefix(f"{section}_").removeprefix(f"{section}.")
            if below in _keys(record):
                yield (key,), (section, below)
                break
        else:
            if key in _MORE_HOMES:
                yield (key,), _MORE_HOMES[key]
            elif not nearest_key(key, [free for free in keys if free not in value], Config.other_words):
                for section, record in _SECTIONS.items():
                    if name := nearest_key(key, _keys(record)):
                        yield (key,), (section, name)
                        break


def _wrapped(member: Any) -> list[Any]:
    """Return the keys of a mapping that has only keys of the root, such as the `allow` in `operations: {allow: […]}`."""
    return list(member) if isinstance(member, dict) and set(member) <= set(_keys(Config)) else []


def _of_sections(value: Mapping[Any, Any]) -> Iterator[tuple[Pointer, Pointer]]:
    """Yield the keys in a section that belong at the root, or in another section."""
    for section, record in _SECTIONS.items():
        written = value.get(section)
        members: dict[Any, Any] = written if isinstance(written, dict) else {}
        for key in members:
            keys = _keys(record)
            if key in keys or nearest_key(key, [free for free in keys if free not in members], record.other_words):
                continue
            if key in _keys(Config):
                yield (section, key), (key,)
                continue
            for other, its in _SECTIONS.items():
                if other != section and key in _keys(its):
                    yield (section, key), (other, key)
                    break


def _is_free(value: Mapping[Any, Any], home: Pointer) -> bool:
    if len(home) == 1:
        return value.get(home[0]) is None
    section = value.get(home[0])
    return section is None or (isinstance(section, dict) and home[1] not in section)


def _mistake(at: Pointer, home: Pointer) -> Mistake:
    key, where = at[-1], home[-1]
    if len(home) == 1:
        message = f"`{key}` does not belong under `{at[0]}`"
        hint = f"begin the line with `{where}`, without indentation"
        if at[0] not in _keys(Config):
            hint = f"remove `{at[0]}:`, and {hint}"
        return Mistake("unknown-key", message, hint=hint, on_key=True)
    if (name := str(key).strip()) != key:
        message = f"`{name}` is indented with U+{ord(str(key)[0]):04X}, which YAML does not read as a space"
        return Mistake("unknown-key", message, hint=f"indent it below `{home[0]}:` with spaces", on_key=True)
    message = f"`{key}` belongs under `{home[0]}`"
    hint = f"indent it below `{home[0]}:`" if len(at) == 1 else f"move it below `{home[0]}:`"
    if key != where:
        hint += f" and call it `{where}`"
    return Mistake("unknown-key", message, hint=hint, on_key=True)


def _keys(record: type[Record]) -> list[str]:
    """Return the keys in the order of the record, so that each run guesses the same of two equally similar keys."""
    return record.known_keys()
