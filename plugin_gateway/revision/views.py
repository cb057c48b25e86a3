"""The views: each consumer's gate and documents, cut out of what the gateway allows."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct, field
from msgspec.structs import replace

from plugin_gateway.diagnostics import Finding, Pointer
from plugin_gateway.gate.compile import compile_gate
from plugin_gateway.lock.lock import EntryWords, words_of
from plugin_gateway.openapi.prune.pruned import prune
from plugin_gateway.revision.agreed import NOTHING_AGREED, Agreed
from plugin_gateway.revision.catalogue import Catalogue, describe, named_later, unmatched
from plugin_gateway.revision.model import View
from plugin_gateway.revision.pinned import NOTHING_PINNED, Pinned
from plugin_gateway.revision.steps import WHOLE_DOCUMENT, CompileSteps

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

    from plugin_gateway.config.consumer import Consumer
    from plugin_gateway.config.selector import Selector
    from plugin_gateway.gate.compile import AllowedOperation
    from plugin_gateway.gate.gate import Gate
    from plugin_gateway.gate.rule import InjectedNames
    from plugin_gateway.openapi.document import Document, OperationKey
    from plugin_gateway.publish.face import Face
    from plugin_gateway.revision.allowed_part import AllowedPart
    from plugin_gateway.revision.publication import Publication
    from plugin_gateway.tools.tool_set import ToolSet


class WholeView(Struct, frozen=True, kw_only=True):
    """All that the gateway allows, with its gate and its publication. The views are cut from it."""

    document: Document
    part: AllowedPart
    allowed: Mapping[OperationKey, AllowedOperation]
    injected: InjectedNames
    gate: Gate
    published: Publication
    steps: CompileSteps = WHOLE_DOCUMENT


class _SharedView(NamedTuple):
    gate: Gate
    faces: Mapping[str, Face]
    tools: ToolSet


class ConsumerChoice(Struct, frozen=True, kw_only=True):
    """The operations that a consumer may call, in document order, and the findings about its list."""

    keys: tuple[OperationKey, ...] | None
    """None means all kept operations."""
    findings: tuple[Finding, ...] = ()
    pins: Mapping[EntryWords, frozenset[OperationKey]] = field(default_factory=dict)
    """The operations that its groups named, for the next time the document is read."""
    held: tuple[OperationKey, ...] = ()
    """Operations that one of its groups began to name when the document changed; they stay closed to it."""


def compile_views(
    whole: WholeView, chosen: Sequence[tuple[OperationKey, ...] | None], names: Sequence[str]
) -> tuple[View, ...]:
    """Cut a view for each consumer. Consumers with the same operations share one gate and one set of documents."""
    made: dict[tuple[OperationKey, ...] | None, _SharedView] = {
        None: _SharedView(whole.gate, whole.published.documents, whole.published.tools)
    }
    for keys in chosen:
        if keys is not None and keys not in made:
            made[keys] = _shared_view(whole, keys)
    return tuple(View(consumer=name, **made[keys]._asdict()) for name, keys in zip(names, chosen, strict=True))


def choose_for_consumers(
    document: Document,
    allowed: Mapping[OperationKey, object],
    consumers: Sequence[Consumer],
    pinned: Pinned = NOTHING_PINNED,
    agreed: Agreed = NOTHING_AGREED,
) -> tuple[ConsumerChoice, ...]:
    """Apply each consumer's list. The findings name entries that match nothing, or that the gateway does not allow."""
    return tuple(
        select_for_consumer(document, allowed, consumer, index, pinned, agreed)
        for index, consumer in enumerate(consumers)
    )


def select_for_consumer(
    document: Document,
    kept: Container[OperationKey],
    consumer: Consumer,
    index: int,
    pinned: Pinned = NOTHING_PINNED,
    agreed: Agreed = NOTHING_AGREED,
) -> ConsumerChoice:
    """Apply a consumer's own list.

    An entry that the gateway does not allow gives a finding; `pinned` and `agreed` are as in `select`.
    """
    if consumer.allow is None:
        return ConsumerChoice(keys=None)
    findings: list[Finding] = []
    chosen: set[OperationKey] = set()
    pins: dict[EntryWords, frozenset[OperationKey]] = {}
    later: list[tuple[Selector, list[OperationKey], Pointer]] = []
    catalogue = Catalogue(document)
    for position, selector in enumerate(consumer.allow):
        pointer: Pointer = ("consumers", index, "allow", position)
        named = agreed.match(selector, catalogue)
        if not named and agreed.is_closed(selector, catalogue, "consumers", consumer.name):
            continue
        if not named:
            findings.append(unmatched(selector, catalogue, pointer))
        keys = [operation.key for operation in named]
        if selector.operation is None:
            words = words_of(selector, "consumers", consumer.name)
            pins[words] = first = pinned.to_open(words, keys)
            later.append((selector, [key for key in keys if key not in first], pointer))
            keys = [key for key in keys if key in first]
        closed = [key for key in keys if key not in kept]
        # Of a group, only the operations that the gateway allows count. A single operation that stays closed is a mistake.
        if (selector.operation is not None or len(closed) == len(keys)) and closed:
            findings.append(
                Finding(
                    rule="consumer-exceeds-allow",
                    message=f"the gateway does not allow {describe(selector)}, so `{consumer.name}` cannot call it",
                    hint=f"add `{closed[0]}` to the top-level `allow`, or remove this entry",
                    pointer=pointer,
                )
            )
        chosen.update(key for key in keys if key in kept)
    held: dict[OperationKey, None] = {}
    for selector, keys, pointer in later:
        # `select` has reported the operations that are closed to all callers.
        if closed := [key for key in keys if key in kept and key not in chosen]:
            findings.append(named_later(selector, closed, pointer))
            held |= dict.fromkeys(closed)
    keys_in_order = tuple(key for key in document.operations if key in chosen)
    return ConsumerChoice(keys=keys_in_order, findings=tuple(findings), pins=pins, held=tuple(held))


def _shared_view(whole: WholeView, keys: tuple[OperationKey, ...]) -> _SharedView:
    # Use the full document: an operation closed to this consumer must shadow its templates even if others may call it.
    gate = compile_gate(whole.document, {key: whole.allowed[key] for key in keys}, whole.injected)
    pruned = prune(whole.part.document, keys, extensions=whole.part.extensions)
    rules = gate.rules_by_key
    published = whole.published
    operations = {key: replace(published.operations[key], rule=rules[key]) for key in keys}
    shown = whole.steps.show(pruned, operations, published.presentation)
    tools = whole.steps.define(shown.served, published.tool_settings, is_searched=published.tools.is_searched)
    return _SharedView(gate, shown.faces, tools)
