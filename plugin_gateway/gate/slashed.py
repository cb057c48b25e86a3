"""A slashed parameter: one whose values may hold encoded slashes, and so spell the longer paths of denied operations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugin_gateway.diagnostics import Finding, Severity
from plugin_gateway.gate.template import parse_template

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from plugin_gateway.gate.template import PathTemplate
    from plugin_gateway.openapi.document import OperationKey


def slashed_segments(template: PathTemplate, names: Collection[str]) -> frozenset[int]:
    """The indexes, counted from 1, of the segments that are one of the named parameters and nothing else."""
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
    """Find denied templates that values of a slashed parameter spell without any literal to know them by.

    The gate refuses the calls that spell one whole, `/tree/a%2Fb` beside the denied `/tree/{a}/{b}`. It cannot refuse the longer
    ones, which an origin that serves a path by its beginning (PATH_INFO) takes for it too, as no slash would be left.
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
        fixed = all(a.covers(b) for a, b in zip(theirs[: first - 1], template.trimmed, strict=False))
        if fixed and all(segment.is_parameter for segment in theirs[first - 1 :]):
            yield Finding(
                rule="slashes-spell-denied",
                severity=Severity.WARNING,
                message=f"an encoded slash in `{key}` spells `{other}`, which is not allowed: such calls are refused, and longer ones "
                "pass, which a server that goes by the beginning of a path may take for it",
                hint=f"allow `{other}` too, or take `slashes: allowed` out of this entry",
                pointer=("allow", index),
            )
