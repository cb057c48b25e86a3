"""The allowed part of a document: the operations that a config allows, cut out of it, with the shapes of their calls."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec import Struct

from plugin_gateway.errors import DocumentError
from plugin_gateway.gate.refused_name import PlacedRule
from plugin_gateway.publish.operation_ids import assign_operation_ids
from plugin_gateway.revision.allowlist import select
from plugin_gateway.revision.pinned import Pinned
from plugin_gateway.revision.views import choose_for_consumers
from plugin_gateway.shape.extensions import extensions_to_keep
from plugin_gateway.shape.settings import OperationSettings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from plugin_gateway.config.model import Config
    from plugin_gateway.diagnostics import Finding
    from plugin_gateway.openapi.document import Document, OperationKey
    from plugin_gateway.revision.agreed import Agreed
    from plugin_gateway.revision.allowlist import AllowedOperations
    from plugin_gateway.revision.kept import KeptOperation
    from plugin_gateway.revision.steps import CompileSteps
    from plugin_gateway.revision.views import ConsumerChoice
    from plugin_gateway.shape.request.names import Key
    from plugin_gateway.shape.shape import Shape


class Choice(Struct, frozen=True, kw_only=True):
    """The operations that a config allows, for every caller and for each consumer."""

    selection: AllowedOperations
    consumers: Sequence[ConsumerChoice]

    @property
    def kept(self) -> Mapping[OperationKey, KeptOperation]:
        return self.selection.kept

    @property
    def findings(self) -> Iterable[Finding]:
        """The findings about the lists. A finding that does not depend on the entry is there once."""
        of_consumers = (finding for one in self.consumers for finding in one.findings)
        return dict.fromkeys((*self.selection.findings, *of_consumers))

    @property
    def pinned(self) -> Pinned:
        """What the lists matched, for the next revision of a running gateway."""
        return Pinned(
            {
                **self.selection.pinned.entries,
                **{words: keys for one in self.consumers for words, keys in one.pins.items()},
            }
        )

    def held(self, config: Config) -> Iterator[str]:
        """Name the operations that the document added to groups, for the operator."""
        yield from map(str, self.selection.held)
        for consumer, one in zip(config.consumers, self.consumers, strict=True):
            yield from (f"{key} (consumer {consumer.name})" for key in one.held)


class AllowedPart(Struct, frozen=True, kw_only=True):
    """The document without all other operations, mended and shaped."""

    document: Document
    shapes: Mapping[OperationKey, Shape]
    ids: Mapping[OperationKey, str]
    """The published operation ids."""
    extensions: frozenset[str]
    """The extensions that it keeps."""
    findings: tuple[Finding, ...]
    """About the config."""
    mended: tuple[Finding, ...]
    """About the document."""


def choose_operations(config: Config, document: Document, pinned: Pinned, agreed: Agreed) -> Choice:
    """Apply the lists of a config to a document."""
    selection = select(document, config.allow, config.deny, pinned, agreed)
    consumers = choose_for_consumers(document, selection.kept, config.consumers, pinned, agreed)
    return Choice(selection=selection, consumers=consumers)


def cut_allowed_part(
    config: Config, document: Document, kept: Mapping[OperationKey, KeptOperation], steps: CompileSteps
) -> AllowedPart:
    """Cut the kept operations out.

    Raises:
        DocumentError: an operation cannot be cut out of the document.
    """
    extensions = extensions_to_keep(config.public.extensions)
    pruned, mended = steps.prune(document, kept, extensions=extensions, discriminator=config.public.discriminator)
    shaped = steps.shape(pruned, _shape_settings(config, kept), extensions)
    wanted = {key: one.operation_id for key, one in kept.items() if one.operation_id}
    return AllowedPart(
        document=shaped.document,
        shapes=shaped.shapes,
        ids=assign_operation_ids(shaped.document, wanted),
        extensions=extensions,
        findings=tuple(shaped.findings),
        mended=mended,
    )


def findings_without_broken(
    config: Config, document: Document, kept: Mapping[OperationKey, KeptOperation], steps: CompileSteps
) -> tuple[Finding, ...]:
    """Return the findings about the config for the kept operations that can be cut out, if some cannot."""
    whole: dict[OperationKey, KeptOperation] = {}
    for key in _shape_settings(config, kept):
        one = {key: kept[key]}
        with suppress(DocumentError):
            cut_allowed_part(config, document, one, steps)
            whole |= one
    return cut_allowed_part(config, document, whole, steps).findings


def _shape_settings(
    config: Config, kept: Mapping[OperationKey, KeptOperation]
) -> dict[OperationKey, OperationSettings]:
    """Gather the settings that shape the calls of each operation; an operation without such settings is left out."""
    check = config.validate_
    settings = {
        key: OperationSettings(
            entry=one.entries[0].index,
            parameters=one.parameters,
            origins=one.origins,
            replaced_texts=one.replaced_texts,
            request=one.request,
            request_origins=one.request_origins,
            request_of_groups=one.request_of_groups,
            response=one.response,
            response_origins=one.response_origins,
            validates_request=check.request,
            validates_response=check.response,
        )
        for key, one in kept.items()
    }
    return {key: one for key, one in settings.items() if not one.is_nothing}


def placed_rules(
    kept: Mapping[OperationKey, KeptOperation], shapes: Mapping[OperationKey, Shape]
) -> dict[tuple[OperationKey, Key], PlacedRule]:
    """Return the place in gateway.yaml of the rule for each parameter that a shape changes."""
    return {
        (key, (place, name)): PlacedRule(
            ("allow", kept[key].origins[word, ""], "parameters", word), only_hides=rule.hidden
        )
        for key, shape in shapes.items()
        for place, name in shape.names.closed | shape.names.guarded
        for word, rule in kept[key].parameters.items()
        if word in (name, f"{place}:{name}") or (place == "header" and word.lower() in (name, f"header:{name}"))
    }
