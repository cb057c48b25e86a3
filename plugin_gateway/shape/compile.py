"""Compiling shapes: makes the shaped document and a shape for each operation, from the pruned document and gateway.yaml.

Clients see the shaped document, and the shapes are made from it. So calls may carry exactly the parts that clients see.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from plugin_gateway.diagnostics import Finding, Severity
from plugin_gateway.openapi.nodes import copy_json
from plugin_gateway.openapi.parameters import declared_parameters
from plugin_gateway.openapi.prune.pruned import prune
from plugin_gateway.openapi.versions.upgrade import upgrade
from plugin_gateway.shape.describe.shaping import Shaping
from plugin_gateway.shape.shape import NO_SHAPE, Shape

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from plugin_gateway.openapi.document import Document, OperationKey
    from plugin_gateway.shape.describe.joined import JoinedParameters
    from plugin_gateway.shape.settings import OperationSettings
    from plugin_gateway.shape.values.standalone import Copies


def _steps(settings: OperationSettings) -> Iterator[Callable[[Shaping], None]]:
    """Yield in order the steps that have something to do. Each changes the shaping's node and shape, or adds findings."""
    # Imported late: together the steps cost as much as reading a large document, and few configs need all of them.
    from plugin_gateway.shape.describe.parameter_rules import shape_parameters

    yield shape_parameters
    if settings.is_about_requests:
        from plugin_gateway.shape.describe.body_rules import shape_body

        yield shape_body
    if settings.validates_response != "off":
        from plugin_gateway.shape.describe.answer_rules import check_answers

        yield check_answers
    if settings.is_about_answers:
        from plugin_gateway.shape.describe.answers import shape_answers

        yield shape_answers
    if settings.request.written or settings.is_about_answers:
        from plugin_gateway.shape.describe.field_mentions import find_field_mentions

        yield find_field_mentions


class ShapedDocument(Struct, frozen=True, kw_only=True):
    """The shaped document, with the shapes of those operations that have one."""

    document: Document
    shapes: Mapping[OperationKey, Shape] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


def compile_shapes(
    pruned: Document, settings: Mapping[OperationKey, OperationSettings], extensions: Collection[str] = ()
) -> ShapedDocument:
    """Shape a pruned document. Without settings, it is returned as it is; `pruned` never changes."""
    if not settings:
        return ShapedDocument(document=pruned)
    # 3.1 has no QUERY operations.
    document, findings = upgrade(pruned, "3.2" if pruned.version == "3.2" else "3.1")
    described = document.operations
    document = _with_own_parameters(document)
    known = {*document.root.get("components", {}).get("schemas", {})}
    found = list(findings)
    absent: list[Finding] = []
    shapes: dict[OperationKey, Shape] = {}
    only_validates = all(one.only_validates for one in settings.values())
    copies: Copies | None = {} if only_validates else None
    for key, one in settings.items():
        operation = document.operations[key]
        shaping = Shaping(
            key=key,
            node=operation.node,
            document=document,
            settings=one,
            described=described[key].node,
            joined=_joined(pruned, key),
            copies=copies,
        )
        for step in _steps(one):
            step(shaping)
        found += shaping.findings
        absent += shaping.absent
        if shaping.shape != NO_SHAPE:
            shapes[key] = shaping.shape
    found += _absent_everywhere(absent, settings.values())
    if only_validates:
        # Clients see the document in its own version. The upgraded one is only for judging.
        own = tuple(one for one in found if one not in findings)
        return ShapedDocument(document=pruned, shapes=shapes, findings=own)
    from plugin_gateway.shape.describe.link_names import settle_link_names
    from plugin_gateway.shape.describe.plain_names import give_plain_names

    settle_link_names(document, shapes)
    # Components that only a dropped member referred to must not stay in the document.
    shaped = prune(document, list(document.operations), extensions=extensions)
    give_plain_names(shaped.root, known)
    return ShapedDocument(document=shaped, shapes=shapes, findings=_once_for_each_place(found))


def _joined(pruned: Document, key: OperationKey) -> JoinedParameters:
    if pruned.version != "2.0":
        return {}
    from plugin_gateway.shape.describe.joined import joined_parameters

    return joined_parameters(pruned.operations[key], pruned)


def _with_own_parameters(document: Document) -> Document:
    """Return a copy in which each operation has its path item's parameters, so that a step can change it alone."""
    root = copy_json(document.root)
    copied = replace(document, root=root)
    for operation in copied.operations.values():
        if parameters := [copy_json(one) for one in declared_parameters(operation, copied)]:
            operation.node["parameters"] = parameters
    for _, item in copied.path_items():
        item.pop("parameters", None)
    return copied


def _absent_everywhere(absent: Sequence[Finding], settings: Iterable[OperationSettings]) -> Iterator[Finding]:
    """Yield the findings about pointers that have no place in any operation of their group."""
    sizes = Counter(
        (one.request_origins.get(setting, one.entry), setting) for one in settings for setting in one.request_of_groups
    )
    counts = Counter(finding.pointer for finding in absent)
    for finding in absent:
        match finding.pointer:
            case (_, int(entry), _, str(setting), *_) if counts[finding.pointer] == sizes[entry, setting]:
                yield finding
            case _:
                pass


def _once_for_each_place(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the first error of a rule for each place: an entry for a group has the same mistake in many operations."""
    first: dict[object, Finding] = {}
    for finding in findings:
        is_placed = finding.pointer is not None and finding.severity is Severity.ERROR
        first.setdefault((finding.rule, finding.pointer, "" if is_placed else finding.message), finding)
    return tuple(first.values())
