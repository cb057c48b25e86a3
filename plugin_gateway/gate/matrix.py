"""A matrix path: a path in which a declared parameter follows a `;`, as in `/pets/;id=5` (OpenAPI's `style: matrix`).

Tomcat, Jetty and others cut `;…` off each segment before they choose an operation, and some old servers cut off the rest of the
path. They serve `/pets/;id=5` as `/pets/`. So such a path passes only if the API has no other operation there, and if the gate
permits the path with the plain value, `/pets/5`, for the same operation.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from plugin_gateway.gate.template import Segment, parse_template
from plugin_gateway.openapi.parameters import declared_parameters, follow

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from plugin_gateway.gate.permit import OperationRule
    from plugin_gateway.openapi.document import Document, JsonObject, Operation

# Servers may decode a segment before or after they look for `;`, so `;` and `%` are not escaped either. The plain path is
# judged as any other is, which settles encoded slashes and dots.
_VALUE: Final = rb"(?:[A-Za-z0-9\-._~,]|%(?!25|3[Bb])[0-9A-Fa-f]{2})+"
_OTHER_SEGMENT: Final = rb"/[^/;]*"
_is_plain: Final = re.compile(r"[A-Za-z0-9\-._~]+").fullmatch
# Servlet containers read a session from it.
_SESSION: Final = "jsessionid"


class MatrixPath(Struct, frozen=True):
    """The matrix paths of one operation."""

    method: str
    path_template: str
    expression: bytes
    """A regular expression for the path. Its groups have the rest without `;name=`."""

    def plain_target(self, target: bytes) -> bytes | None:
        """Return a target with the plain values of its matrix parameters.

        Return None if its path is no matrix path of the operation.
        """
        path, mark, query = target.partition(b"?")
        found = re.fullmatch(self.expression, path)
        if found is None:
            return None
        # More items of an exploded list are part of the value.
        return b"".join(found.groups()).replace(b";", b",") + mark + query

    def is_of(self, rule: OperationRule) -> bool:
        """Whether the rule belongs to the operation."""
        return (rule.method, rule.path_template) == (self.method, self.path_template)


def matrix_path(operation: Operation, document: Document, slashes: Collection[str] = ()) -> MatrixPath | str | None:
    """Return the matrix paths of an operation, or the reason why the gate permits none; None if it has no matrix parameter.

    `slashes` names the path parameters that may hold encoded slashes.
    """
    parameters = {
        str(one.get("name")): one
        for one in declared_parameters(operation, document)
        if one.get("in") == "path" and one.get("style") == "matrix"
    }
    if not parameters:
        return None
    if slashes:
        # A server that decodes `/pets/;id=x%2Fmine` before it cuts would serve `/pets/mine`.
        return _closed(min(parameters), "some servers would end it at a slash that is encoded in this path")
    template = parse_template(operation.key.path)
    expression = b""
    places: list[int] = []
    for index, segment in enumerate(template.segments):
        name = next((name for name in segment.names if name in parameters), None)
        if name is None:
            expression += b"(" + _OTHER_SEGMENT + b")"
            continue
        prefix = segment.parts[0] or ""
        if segment.parts not in {(None,), (prefix, None)} or (prefix and not _is_plain(prefix)):
            return _closed(name, "its segment has a value or text that servers could confuse with it")
        if not _is_plain(name) or name.lower() == _SESSION:
            return _closed(name, "servers read this name in different ways")
        if parameters[name].get("explode") is True and _may_be_object(parameters[name], document):
            return _closed(name, "each member of an exploded object is sent under its own name")
        pair = b";%b=" % re.escape(name.encode())
        items = b"((?:%b%b)*)" % (pair, _VALUE) if parameters[name].get("explode") is True else b""
        expression += b"(/%b)%b(%b)%b" % (re.escape(prefix.encode()), pair, _VALUE, items)
        places.append(index)
    cut = [*_cut(parse_template(operation.key.path.lower()).segments, places)]
    for other in (*document.operations, *document.removed):
        theirs = _bare(parse_template(other.path.lower()).segments)
        is_rival = other != operation.key and _share_calls(other.method, operation.key.method)
        if is_rival and any(_meet(theirs, one) for one in cut):
            return _closed(", ".join(sorted(parameters)), f"a server that cuts it off would serve `{other}`")
    return MatrixPath(operation.key.method, operation.key.path, expression)


def _closed(name: str, why: str) -> str:
    return f"`{name}` is sent after a `;`, which the gateway does not forward in a path: {why}."


def _share_calls(one: str, other: str) -> bool:
    """Whether a server may serve a call of one method by an operation of the other.

    HEAD is served like GET (RFC 9110, 9.3.2).
    """
    return one == other or {one, other} == {"GET", "HEAD"}


def _may_be_object(parameter: JsonObject, document: Document) -> bool:
    schema = follow(parameter.get("schema"), document) or {}
    return schema.get("type") not in {"array", "string", "integer", "number", "boolean"}


def _cut(segments: tuple[Segment, ...], places: Collection[int]) -> Iterator[tuple[Segment, ...]]:
    """Yield the paths that servers may see: the path without matrix parameters, and for each parameter the path up to it."""
    kept = [Segment(segment.parts[:-1]) if at in places else segment for at, segment in enumerate(segments)]
    yield _bare(kept)
    for place in places:
        yield _bare(kept[: place + 1])


def _bare(segments: Iterable[Segment]) -> tuple[Segment, ...]:
    """Leave out the empty segments, which many servers do."""
    return tuple(segment for segment in segments if segment.parts)


def _meet(one: tuple[Segment, ...], other: tuple[Segment, ...]) -> bool:
    """Whether a path may match both."""
    return len(one) == len(other) and all(map(Segment.meets, one, other))
