"""A mount: the path below which a gateway lives on a host that it shares with the API.

The mount is cut off a target once, where a front reads the target. The gate, the faces and the endpoints know only the
rest, so they work as on a host that the gateway has for itself.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from plugin_gateway.gate.gate import NOT_FOUND

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from plugin_gateway.refusal import Refusal


class Mount(NamedTuple):
    """`path` is the mount without a slash at its end, such as `/plugin`.

    `at_root` are paths that the gateway answers at the root of the host as well: clients look for `/.well-known/` there
    (RFC 8615, 3).
    """

    path: bytes
    at_root: frozenset[bytes]
    outside: Refusal
    """The answer to every other path."""

    def cut(self, target: bytes) -> bytes | Refusal:
        """Cut the mount off a target for the gate, or refuse a target outside the mount.

        The mount is compared byte for byte: `/%70lugin` and `/PLUGIN` may lead to the API itself. A target that is not a
        path stays as it is, because the gate refuses it.
        """
        end = len(self.path)
        if target[end : end + 1] == b"/" and target.startswith(self.path):
            return target[end:]
        return target if target[:1] != b"/" or target.partition(b"?")[0] in self.at_root else self.outside

    def whole(self, target: bytes) -> bytes:
        """Return the target as the client sent it, for the records of a call."""
        return self.path + target if target[:1] == b"/" else target


def mount_at(path: str, at_root: AbstractSet[str]) -> Mount | None:
    """Return the mount at the path of a public URL; None if the path is empty."""
    if not path:
        return None
    hint = f"The paths of this gateway begin with {path}/; {path}/openapi.json lists its operations."
    return Mount(path.encode(), frozenset(one.encode() for one in at_root), replace(NOT_FOUND, hint=hint))
