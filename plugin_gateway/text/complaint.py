"""A complaint: why libyaml does not take a text, and where. Configs and documents report it, each in their own words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from yaml import MarkedYAMLError, YAMLError
from yaml.reader import ReaderError

from plugin_gateway.text.position import position

if TYPE_CHECKING:
    from yaml import Mark

_TOO_DEEP: Final = "exceeded maximum nesting depth"
"""The problem that libyaml 0.2.6 and later has at 1,000 levels."""


class BadSyntax(NamedTuple):
    """The problem and its place, the context and its place. Places count from 1; 0 means unknown."""

    problem: str
    at: tuple[int, int]
    context: str
    began_at: tuple[int, int]

    @property
    def is_too_deep(self) -> bool:
        """Whether the text is nested too deep for libyaml."""
        return self.problem == _TOO_DEEP


class IllegalCharacter(NamedTuple):
    """A character that YAML does not allow (YAML 1.2.2, 5.1), as its name in Unicode, and its place."""

    name: str
    at: tuple[int, int]
    reason: str


Complaint: TypeAlias = BadSyntax | IllegalCharacter


def complaint_of(error: YAMLError | UnicodeEncodeError, data: bytes) -> Complaint:
    """Read what libyaml raised for `data`, or for the text that `data` encodes."""
    if isinstance(error, MarkedYAMLError):
        at, began_at = _place(error.problem_mark or error.context_mark), _place(error.context_mark)
        return BadSyntax(str(error.problem), at, error.context or "", began_at)
    if isinstance(error, UnicodeEncodeError):
        before = error.object[: error.start].encode()
        return IllegalCharacter(_named(ord(error.object[error.start])), position(before, len(before)), error.reason)
    if isinstance(error, ReaderError):
        return IllegalCharacter(_named(int(error.character)), position(data, error.position), error.reason)
    raise error


def _place(mark: Mark | None) -> tuple[int, int]:
    return (mark.line + 1, mark.column + 1) if mark else (0, 0)


def _named(code: int) -> str:
    return f"U+{code:04X}"
