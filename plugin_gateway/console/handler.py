"""A handler: the function that answers one path below `/console/api/`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from starlette.requests import Request
    from starlette.responses import Response

    Answer: TypeAlias = Callable[[Request, bytes], Coroutine[Any, Any, Response]]

MOST_BODY_BYTES: Final = 1_000_000


class Handler(Struct, frozen=True, kw_only=True):
    """A method and a path, such as `approvals/{id}`, and the function that answers it.

    The console has judged the request before: `request.state.session` is its `Session`, and the body is JSON by its media type.
    The function gets the request and the whole body, which is empty for a GET. A part of the path in braces is in
    `request.path_params`.
    """

    path: str
    answer: Answer
    method: Literal["GET", "POST"] = "GET"
    most_body_bytes: int = MOST_BODY_BYTES

    def parameters(self, path: str) -> dict[str, str] | None:
        """Return the parts of the path that braces stand for, or None if it is another path."""
        template, parts = self.path.split("/"), path.split("/")
        if len(template) != len(parts):
            return None
        found: dict[str, str] = {}
        for wanted, part in zip(template, parts, strict=True):
            if wanted.startswith("{") and part:
                found[wanted[1:-1]] = part
            elif wanted != part:
                return None
        return found
