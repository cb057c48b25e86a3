"""The remains of an invalid config: its part without mistakes, which is still checked against the document."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any, Final

from plugin_gateway.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import TypeAlias

    from plugin_gateway.config.load import LoadedConfig
    from plugin_gateway.config.mistake import Mistake
    from plugin_gateway.config.model import Config
    from plugin_gateway.diagnostics import Finding, Pointer

    Mistakes: TypeAlias = list[tuple[Pointer, Mistake]]
    Judge: TypeAlias = Callable[[Any], tuple[Config | None, Mistakes]]

_MOST_ROUNDS: Final = 12
_IN_PLACE_OF: Final[dict[Pointer, dict[str, str]]] = {
    # An entry that keeps the indexes of later entries, and names no operation.
    ("allow",): {"path": "/-/a-place-without-operations"},
    ("deny",): {"path": "/-/a-place-without-operations"},
}
_WITHOUT_ALL: Final = {"allow": [], "upstream": {"url": "http://127.0.0.1"}}


class RefusedConfigError(ConfigError):
    """The config is invalid. `remains` is its valid part, or None if the document cannot be checked with it.

    `given_up` are the pointers at which `remains` has a placeholder; these get no findings.
    """

    def __init__(
        self,
        findings: Iterable[Finding],
        remains: LoadedConfig | None = None,
        given_up: frozenset[Pointer] = frozenset(),
    ) -> None:
        super().__init__(findings)
        self.remains, self.given_up = remains, given_up

    @property
    def file(self) -> str:
        """The name of the config in its findings."""
        return self.remains.places.name if self.remains else ""


def remains_of(value: Any, mistakes: Mistakes, judge: Judge) -> tuple[Config | None, frozenset[Pointer]]:
    """Remove mistakes until the rest is valid. Also return the pointers at which the rest has a placeholder."""
    value = deepcopy(value)
    given_up: set[Pointer] = set()
    config: Config | None = None
    for _ in range(_MOST_ROUNDS):
        for pointer, mistake in mistakes:
            _take_out(value, pointer, mistake, given_up)
        config, mistakes = judge(value)
        if not mistakes:
            break
    return config, frozenset(given_up)


def _take_out(value: Any, pointer: Pointer, mistake: Mistake, given_up: set[Pointer]) -> None:
    if mistake.rule == "missing-key":
        pointer = pointer[:-1] if len(pointer) > 1 else pointer
    steps = _steps(value, pointer)
    if not steps:
        if len(pointer) == 1 and pointer[0] in _WITHOUT_ALL and isinstance(value, dict):
            value[pointer[0]] = deepcopy(_WITHOUT_ALL[str(pointer[0])])
            given_up.add(pointer)
        return
    # A short form such as `GET orders` has no parts, so the whole value is removed.
    pointer = tuple(part for _, part in steps)
    holder, part = steps[-1]
    if isinstance(holder, dict):
        member = holder.pop(part)
        if mistake.instead_of and mistake.instead_of not in holder:
            holder[mistake.instead_of] = member
        elif len(pointer) == 1 and pointer[0] in _WITHOUT_ALL:
            holder[part] = deepcopy(_WITHOUT_ALL[str(part)])
            given_up.add(pointer)
    elif pointer[:-1] in _IN_PLACE_OF:
        holder[part] = dict(_IN_PLACE_OF[pointer[:-1]])
        given_up.add(pointer)
    elif len(steps) > 1:
        # Remove the whole list: without one item, the indexes of the others would be wrong.
        above, key = steps[-2]
        above.pop(key)
        given_up.add(pointer[:-1])


def _steps(value: Any, pointer: Pointer) -> list[tuple[Any, Any]]:
    """Return each container on the way, with its key or index, up to the first that is missing."""
    steps: list[tuple[Any, Any]] = []
    for part in pointer:
        members: Any = dict(enumerate(value)) if isinstance(value, list) else value
        if isinstance(members, dict) and part in members:
            steps.append((value, part))
            value = members[part]
        elif part == 0 and not isinstance(value, list):
            # A single value is judged as a list of one.
            continue
        else:
            # A rule between keys, or a part of an expanded short form: remove all of it.
            return steps
    return steps
