"""A turnover: the operations that a reload added and removed, as the log shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plugin_gateway.gate.permit import OperationRule
    from plugin_gateway.revision import Revision

_MOST_SHOWN: Final = 10
_MOST_LISTED: Final = 200


class Turnover(NamedTuple):
    """Added and removed operations, by the names that `served_by` gives them."""

    came: tuple[str, ...]
    went: tuple[str, ...]

    def __str__(self) -> str:
        parts = [
            f"{change}: {', '.join(names[:_MOST_SHOWN])}{f' and {more} more' if (more := len(names) - _MOST_SHOWN) > 0 else ''}"
            for change, names in (("added", self.came), ("removed", self.went))
            if names
        ]
        return "; ".join(parts) or "no operation was added or removed"

    def members(self) -> dict[str, tuple[str, ...]]:
        """Return the turnover as members of a log line, each bounded."""
        return {"came": self.came[:_MOST_LISTED], "went": self.went[:_MOST_LISTED]}


def turnover(before: Iterable[str], after: Iterable[str]) -> Turnover:
    before, after = dict.fromkeys(before), dict.fromkeys(after)
    came = tuple(name for name in after if name not in before)
    return Turnover(came, tuple(name for name in before if name not in after))


def served_by(revision: Revision) -> tuple[str, ...]:
    """Return the names of the operations that a revision allows to all callers or to some consumers."""
    return tuple(_names(revision))


def called_by_id(revision: Revision) -> dict[str, str]:
    """Return the method and the path template of each operation, by the id under which the gateway counts its calls."""
    return {rule.operation_id: f"{rule.method} {rule.path_template}" for rule in revision.all_rules}


def _names(revision: Revision) -> Iterator[str]:
    yield from map(_name, revision.rules)
    for view in revision.views:
        if view.gate is not revision.gate:
            yield from (f"{_name(rule)} for {view.consumer}" for rule in view.gate.rules)


def _name(rule: OperationRule) -> str:
    return f"{rule.method} {rule.path_template} ({rule.operation_id})"
