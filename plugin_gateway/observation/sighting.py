"""A sighting: one way in which a caller used an operation, by names and types only, as a line of JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeAlias

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Mapping

Fields: TypeAlias = "Mapping[str, tuple[str, ...]]"
"""The JSON types of fields, by JSON pointer; `*` stands for every item, and for members that the document does not name."""

_NAMES = ("query", "headers", "cookies")
_FIELDS = ("request", "response")


class Sighting(Struct, frozen=True, kw_only=True):
    """`path` is the path template, or, if no operation of the document matches, the path as the log may show it."""

    method: str
    path: str
    operation_id: str = ""
    status: int = 0
    in_document: bool = True
    query: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    cookies: tuple[str, ...] = ()
    request: Fields = field(default_factory=dict)
    response: Fields = field(default_factory=dict)

    def as_line(self) -> str:
        """Return the sighting as JSON; equal sightings give equal lines."""
        members: dict[str, Any] = {"method": self.method, "path": self.path}
        if self.operation_id:
            members["operation"] = self.operation_id
        members |= {"status": self.status, "in_document": self.in_document}
        names = {"query": self.query, "headers": self.headers, "cookies": self.cookies}
        fields = {"request": self.request, "response": self.response}
        members |= {place: sorted(found) for place, found in names.items() if found}
        members |= {body: dict(sorted(found.items())) for body, found in fields.items() if found}
        return json.dumps(members, ensure_ascii=False)


def sighting_of(members: Mapping[str, Any]) -> Sighting | None:
    """Read a sighting from the members of a line; None if the line is something else."""
    method, path, in_document = members.get("method"), members.get("path"), members.get("in_document")
    status, operation_id = members.get("status", 0), members.get("operation", "")
    if not (isinstance(method, str) and isinstance(path, str) and isinstance(in_document, bool)):
        return None
    if not (isinstance(status, int) and isinstance(operation_id, str)):
        return None
    query, headers, cookies = (_texts(members.get(name)) for name in _NAMES)
    request, response = (_typed(members.get(name)) for name in _FIELDS)
    return Sighting(
        method=method,
        path=path,
        operation_id=operation_id,
        status=status,
        in_document=in_document,
        query=query,
        headers=headers,
        cookies=cookies,
        request=request,
        response=response,
    )


def _texts(value: object) -> tuple[str, ...]:
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def _typed(value: object) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, dict):
        return {}
    return {pointer: _texts(types) for pointer, types in value.items() if pointer[:1] in ("", "/")}
