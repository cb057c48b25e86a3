"""The terrain of an attack: the allowed and the denied operations of one document, and what the gateway injects."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import quote

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugin_gateway.hostile.shaped import ShapedOperation

_PARAMETER: Final = re.compile(r"\{[^{}/]*\}")
MARK: Final = "pgattack"
"""The value of every path parameter in the calls of an attack. No path of an API has it."""


class AttackedOperation(Struct, frozen=True):
    """One operation: its method, and its path template without a query."""

    method: str
    template: str

    def __str__(self) -> str:
        return f"{self.method} {self.template}"

    @property
    def path(self) -> str:
        """A path of the operation, percent-encoded."""
        return quote(_PARAMETER.sub(MARK, self.template), safe="/~!$&'()*+,=:@-._")

    @property
    def literals(self) -> int:
        """The number of characters outside parameters. If two templates fit a path, servers take the one with more of them."""
        return len(_PARAMETER.sub("", self.template))

    @property
    def pattern(self) -> re.Pattern[str]:
        """Matches the decoded paths of the template, in any case of letters."""
        parts = [re.escape(part) for part in _PARAMETER.split(self.template)]
        return re.compile("[^/]+".join(parts), re.IGNORECASE)


class AttackedTool(NamedTuple):
    """A tool of the MCP endpoint: its name, and its arguments that go into the path."""

    name: str
    in_path: tuple[str, ...]


class Destination(NamedTuple):
    """How a request reaches the gateway: the path of its URL without a slash at the end, its Host, and further field lines."""

    prefix: str = ""
    host: str = "localhost"
    lines: str = ""


THIS_PROCESS: Final = Destination()


class Terrain(Struct, frozen=True, kw_only=True):
    """Everything that the cases are made from."""

    allowed: tuple[AttackedOperation, ...]
    denied: tuple[AttackedOperation, ...]
    injected_headers: tuple[str, ...] = ()
    injected_query: tuple[str, ...] = ()
    injected_cookies: tuple[str, ...] = ()
    passed_fields: frozenset[str] = frozenset()
    """Fields that callers may send up, in lower case: declared by an operation, or forwarded because the config says so."""
    own_paths: frozenset[str] = frozenset()
    """Paths that the gateway answers itself."""
    mcp_path: str = ""
    tools: tuple[AttackedTool, ...] = ()
    shaped: tuple[ShapedOperation, ...] = ()
    """The allowed operations that gateway.yaml opens only in part."""
    destination: Destination = THIS_PROCESS
    """For requests that are smuggled inside others. The player of a case addresses the outer request."""

    @property
    def targets(self) -> tuple[AttackedOperation, ...]:
        """The allowed operations that are forwarded at all."""
        return tuple(place for place in self.allowed if place.template not in self.own_paths)


def places(keys: Iterable[tuple[str, str]]) -> tuple[AttackedOperation, ...]:
    """Return the places of operations, by method and path template; templates with a query or a fragment are left out."""
    return tuple(AttackedOperation(method, path) for method, path in keys if "?" not in path and "#" not in path)
