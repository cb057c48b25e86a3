"""The name of an argument: the parameter's own where clients accept it, and unique within its tool.

An argument keeps the name of its parameter. If parameters at several places share a name, the first of path, query, header,
cookie and body keeps it; the others get their place as a prefix (`body_id`). A name that clients refuse is written with legal
characters (`filter[status]` becomes `filter_status`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugin_gateway.tools.tool import Argument

MAX_ARGUMENT_NAME: Final = 64
ARGUMENT_NAME: Final = re.compile(rf"[A-Za-z0-9_.-]{{1,{MAX_ARGUMENT_NAME}}}")
"""The names of properties that Claude and OpenAI accept."""

_WORDS = {"<": "_lt", ">": "_gt", "=": "_eq", "!": "_not", "*": "_any"}
"""Names such as Twilio's `DateSent<` and `DateSent>` differ in one sign only."""


def name_arguments(arguments: Sequence[Argument]) -> list[Argument]:
    """Name each argument. The arguments come in the order of their places, path first."""
    names: dict[int, str] = {}
    taken: set[str] = set()
    for index, argument in enumerate(arguments):
        if ARGUMENT_NAME.fullmatch(argument.wire_name) and argument.wire_name not in taken:
            names[index] = argument.wire_name
            taken.add(argument.wire_name)
    for index, argument in enumerate(arguments):
        if index not in names:
            names[index] = _free_name(argument, taken)
            taken.add(names[index])
    return [replace(argument, name=names[index]) for index, argument in enumerate(arguments)]


def _free_name(argument: Argument, taken: set[str]) -> str:
    legal = legal_name(argument.wire_name)
    is_shared = legal in taken and legal == argument.wire_name
    name = base = f"{argument.place}_{legal}"[:MAX_ARGUMENT_NAME] if is_shared else legal
    number = 2
    while name in taken:
        suffix = f"_{number}"
        name, number = base[: MAX_ARGUMENT_NAME - len(suffix)] + suffix, number + 1
    return name


def legal_name(wire_name: str) -> str:
    """Write a name with legal characters."""
    spelled = "".join(_WORDS.get(character, character) for character in wire_name)
    return re.sub(r"[^A-Za-z0-9_.-]+", "_", spelled).strip("_")[:MAX_ARGUMENT_NAME] or "argument"
