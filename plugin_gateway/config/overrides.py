"""An override: one value laid over gateway.yaml from the environment or the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from plugin_gateway.config.fields import OverrideText
from plugin_gateway.config.find import PREFIX
from plugin_gateway.config.mistake import Mistake
from plugin_gateway.config.tree import read

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from plugin_gateway.diagnostics import Pointer


# An override may set a key of a value that the file writes in its short form.
_LONG_FORM: Final[dict[Pointer, str]] = {("openapi",): "source"}


class Override(Struct, frozen=True, kw_only=True):
    """The pointer that it sets, its value, and its name in messages. `value` may be a secret."""

    pointer: Pointer
    value: Any
    name: str

    def __repr__(self) -> str:
        return f"Override({self.name})"


def from_environment(environ: Mapping[str, str]) -> Iterator[Override | tuple[str, Mistake]]:
    """Yield the overrides of variables such as `PLUGIN_GATEWAY__UPSTREAM__URL`, in the order of their names.

    A value that starts with `[` or `{` is YAML; everything else is text, which a list field splits at commas.
    """
    for name in sorted(environ):
        # Skip other letters: `upper` turns some of them into ASCII.
        if not (name.isascii() and name.upper().startswith(PREFIX)):
            continue
        segments = name[len(PREFIX) :].lower().split("__")
        called = f"env {name}"
        if not all(segments):
            yield (
                called,
                Mistake(
                    "bad-override", "a part of the name is empty", hint="for example PLUGIN_GATEWAY__UPSTREAM__URL"
                ),
            )
            continue
        text = environ[name].strip()
        value: Any = OverrideText(text)
        if text[:1] in ("[", "{"):
            node, found = read(text)
            yield from ((called, mistake) for _, _, mistake in found)
            if node is None:
                continue
            value = node.plain()
        pointer = tuple(int(part) if part.isascii() and part.isdigit() and len(part) < 6 else part for part in segments)
        yield Override(pointer=pointer, value=value, name=called)


def from_mapping(overrides: Mapping[str, Any]) -> Iterator[Override]:
    """Yield the overrides of the command line: `{"log.level": "debug"}`."""
    for dotted, value in overrides.items():
        text = OverrideText(value) if isinstance(value, str) else value
        yield Override(pointer=tuple(dotted.split(".")), value=text, name=f"option {dotted}")


def lay_over(value: Any, override: Override) -> tuple[Any, Pointer]:
    """Set one override in `value`, in place if possible. Return the new value, and the pointer in the spelling of the file.

    Raises:
        Mistake: a list on the way has no such index.

    """
    root = value if isinstance(value, dict) else {}
    node: Any = root
    pointer: list[str | int] = []
    *way, last = override.pointer
    for part in way:
        key = _spelt(node, part, pointer)
        pointer.append(key)
        child = node[key] if isinstance(node, list) and isinstance(key, int) and key < len(node) else None
        if isinstance(node, dict):
            child = node.get(key)
        if isinstance(child, str) and (long := _LONG_FORM.get(tuple(pointer))):
            child = {long: child}
        elif not isinstance(child, dict | list):
            child = {}
        _set(node, key, child)
        node = child
    key = _spelt(node, last, pointer)
    _set(node, key, override.value)
    return root, (*pointer, key)


def _spelt(node: Any, part: str | int, pointer: list[str | int]) -> str | int:
    if isinstance(node, list):
        if not isinstance(part, int) or part > len(node):
            where = ".".join(str(step) for step in pointer)
            raise Mistake(
                "bad-override", f"`{where}` is a list of {len(node)}", hint="name an entry by its number, from 0"
            )
        return part
    word = str(part)
    return next((key for key in node if isinstance(key, str) and key.lower() == word.lower()), word)


def _set(node: Any, key: str | int, value: Any) -> None:
    if isinstance(node, list) and key == len(node):
        node.append(value)
    else:
        node[key] = value
