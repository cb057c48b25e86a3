"""The views: what each consumer may call and is shown, cut out of what the gateway allows at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plugin_gateway.openapi.prune import prune
from plugin_gateway.policy.consumer_list import Chosen, select_for_consumer
from plugin_gateway.policy.gate import compile_gate
from plugin_gateway.policy.pinned import NOTHING_PINNED, Pinned
from plugin_gateway.publish.faces import build_document_faces
from plugin_gateway.revision.model import View

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from plugin_gateway.config.auth import Consumer
    from plugin_gateway.openapi.document import Document, OperationKey
    from plugin_gateway.policy.gate import Admission, Gate
    from plugin_gateway.policy.rule import InjectedNames
    from plugin_gateway.publish.document import Presentation, PublishedOperation
    from plugin_gateway.publish.face import Face


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """Everything that is allowed to somebody, ready to be cut."""

    document: Document
    pruned: Document
    admitted: Mapping[OperationKey, Admission]
    injected: InjectedNames
    published: Mapping[OperationKey, PublishedOperation]
    presentation: Presentation
    extensions: frozenset[str]
    gate: Gate
    faces: Mapping[str, Face]


def compile_views(
    whole: Whole, chosen: Sequence[tuple[OperationKey, ...] | None], names: Sequence[str]
) -> tuple[View, ...]:
    """Cut a view for each consumer; those who may do the same share one gate and one set of documents."""
    made: dict[tuple[OperationKey, ...] | None, tuple[Gate, Mapping[str, Face]]] = {None: (whole.gate, whole.faces)}
    for keys in chosen:
        if keys is not None and keys not in made:
            made[keys] = _cut(whole, keys)
    return tuple(
        View(consumer=name, gate=made[keys][0], faces=made[keys][1]) for name, keys in zip(names, chosen, strict=True)
    )


def choose_for_consumers(
    document: Document,
    admitted: Mapping[OperationKey, object],
    consumers: Sequence[Consumer],
    pinned: Pinned = NOTHING_PINNED,
) -> tuple[Chosen, ...]:
    """Apply each consumer's list; the findings say where one asks for more than there is."""
    return tuple(
        select_for_consumer(document, admitted, consumer, index, pinned) for index, consumer in enumerate(consumers)
    )


def _cut(whole: Whole, keys: tuple[OperationKey, ...]) -> tuple[Gate, Mapping[str, Face]]:
    # Against the full document: what this consumer may not call must shadow its templates, whoever else may call it.
    gate = compile_gate(whole.document, {key: whole.admitted[key] for key in keys}, whole.injected)
    pruned = prune(whole.pruned, keys, extensions=whole.extensions)
    published = {key: whole.published[key] for key in keys}
    return gate, build_document_faces(pruned, published, whole.presentation).faces
