"""The hints of a tool: what a call may change, read from its method and its names, and from gateway.yaml."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from plugin_gateway import methods

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugin_gateway.tools.tool import Hints

_IDEMPOTENT: Final = frozenset({"PUT", "DELETE"})  # besides the safe methods (RFC 9110, 9.2.2)
_WORD: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_ADDING: Final = frozenset(
    {
        *("add", "append", "attach", "calculate", "check", "clone", "compare", "compute", "copy", "create"),
        *("duplicate", "estimate", "fetch", "find", "fork", "generate", "get", "import", "insert", "list"),
        *("lookup", "make", "new", "open", "order", "preview", "query", "read", "register", "render"),
        *("report", "request", "retrieve", "return", "schedule", "search", "start", "submit", "subscribe"),
        *("test", "upload", "validate", "verify"),
    }
)
_DESTROYING: Final = frozenset(
    {
        *("abort", "archive", "ban", "block", "cancel", "clear", "close", "deactivate", "delete"),
        *("destroy", "detach", "disable", "discard", "dismiss", "drop", "erase", "expire", "kick", "kill"),
        *("leave", "merge", "move", "overwrite", "purge", "reject", "remove", "rename", "replace", "reset"),
        *("restore", "revert", "revoke", "rotate", "send", "set", "stop", "suspend", "terminate"),
        *("transfer", "trash", "unarchive", "uninstall", "unlink", "unlock", "unpublish", "unsubscribe"),
        *("update", "void", "wipe"),
    }
)


class ChosenHints(Struct, frozen=True, kw_only=True):
    """The hints that gateway.yaml sets for an operation; None leaves a hint to the method."""

    read_only: bool | None = None
    destructive: bool | None = None
    idempotent: bool | None = None
    open_world: bool | None = None


NOTHING_CHOSEN: Final = ChosenHints()


def hints_of(
    method: str,
    names: Iterable[str] = (),
    consequential: bool | None = None,
    chosen: ChosenHints = NOTHING_CHOSEN,
) -> Hints:
    """Return the hints of an operation. `names` are its id, the end of its path and its summary.

    A safe method only reads, and so does an operation of any method that is declared not consequential. A POST is not
    destructive if its names say that it adds or finds something; MCP's default for an unknown operation is destructive.
    """
    from plugin_gateway.tools.tool import Hints  # noqa: PLC0415  # `check` builds no tools and must not pay for it

    read_only = _first(chosen.read_only, method in methods.SAFE if consequential is None else not consequential)
    return Hints(
        read_only=read_only,
        destructive=not read_only and _first(chosen.destructive, not (method == "POST" and _adds(names))),
        idempotent=read_only or _first(chosen.idempotent, method in _IDEMPOTENT),
        open_world=_first(chosen.open_world, False),
    )


def _first(chosen: bool | None, default: bool) -> bool:
    return default if chosen is None else chosen


def _adds(names: Iterable[str]) -> bool:
    """Whether the first known verb of the names is one that adds. A verb that destroys, anywhere in the id or path, wins."""
    operation_id, last_segment, summary = (*names, "", "", "")[:3]
    own = _words(operation_id) + _words(last_segment)
    if _DESTROYING.intersection(own):
        return False
    verb = next((word for word in own + _words(summary)[:3] if word in _ADDING | _DESTROYING), "")
    return verb in _ADDING


def _words(text: str) -> list[str]:
    """Return the words of a name or a text in lower case, and `creates` as `create`."""
    words = (word.lower() for word in _WORD.findall(text))
    return [word[:-1] if word.endswith("s") and not word.endswith("ss") else word for word in words]
