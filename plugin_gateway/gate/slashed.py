"""A slashed parameter: a path parameter whose values may hold encoded slashes, so that they can spell longer, denied paths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugin_gateway.diagnostics import Finding, Severity
from plugin_gateway.gate.template import Segment, parse_template

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from plugin_gateway.gate.template import PathTemplate
    from plugin_gateway.openapi.document import OperationKey

_NONE: Final[frozenset[int]] = frozenset()  # one for all: Python makes a new empty set each time


def slashed_segments(template: PathTemplate, names: Collection[str]) -> frozenset[int]:
    """The indexes, counted from 1, of the segments that consist of one of the named parameters."""
    if not names:
        return _NONE
    return frozenset(
        index
        for index, segment in enumerate(template.segments, 1)
        if segment.is_parameter and segment.names[0] in names
    )


def find_spelled(
    key: OperationKey,
    names: Collection[str],
    operations: Iterable[OperationKey],
    kept: Collection[OperationKey],
    index: int,
) -> Iterator[Finding]:
    """Warn of denied templates that a slashed parameter can spell and that have no literal to recognise them by.

    The gate refuses the calls that match such a template as a whole: `/tree/a%2Fb` beside the denied `/tree/{a}/{b}`. Longer
    calls also reach the template on an origin that serves a path by its beginning (PATH_INFO). The gate cannot refuse these,
    because it would have to refuse all encoded slashes.
    """
    template = parse_template(key.path)
    slashed = slashed_segments(template, names)
    if not slashed:
        return
    first = min(slashed)
    for other in operations:
        theirs = parse_template(other.path).trimmed
        if other.method != key.method or other in kept or len(theirs) <= len(template.trimmed):
            continue
        is_spelled = all(segment.is_parameter for segment in theirs[first - 1 :])
        if is_spelled and all(map(Segment.covers, theirs, template.trimmed)):
            yield Finding(
                rule="slashes-spell-denied",
                severity=Severity.WARNING,
                message=f"with an encoded slash, a call of `{key}` can spell `{other}`, which is not allowed: the gateway refuses that call, "
                "but forwards longer ones, which a server that routes by the beginning of a path may treat the same",
                hint=f"allow `{other}` too, or take `slashes: allowed` out of this entry",
                pointer=("allow", index),
            )
