"""Compile the gate: the routes and rules of the allowed operations, with every denied operation that a call could reach.

If an overlay removes an operation from the document, the gate still knows that the API has it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from plugin_gateway.gate.gate import Gate
from plugin_gateway.gate.matrix import MatrixPath, matrix_path
from plugin_gateway.gate.routing import compile_routes
from plugin_gateway.gate.rule import InjectedNames, operation_rule
from plugin_gateway.gate.shadow import NO_TERMS
from plugin_gateway.gate.template import parse_template
from plugin_gateway.gate.variant import Distinction, as_written, contradict, fold_value, selecting_pairs

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping

    from plugin_gateway.gate.permit import OperationRule
    from plugin_gateway.gate.shadow import Terms
    from plugin_gateway.gate.variant import RequiredPair
    from plugin_gateway.openapi.document import Document, OperationKey
    from plugin_gateway.shape.shape import Shape


class AllowedOperation(Struct, frozen=True, kw_only=True):
    """An allowed operation, as the allow-list describes it."""

    operation_id: str
    slashes: frozenset[str] = frozenset()
    """The path parameters whose values may hold encoded slashes."""
    credential: str = ""
    """The rule's `credential`."""
    links: tuple[tuple[str, ...], ...] = ()
    """The rule's `links`."""
    shape: Shape | None = None
    """The rule's `shape`."""
    terms: Terms = NO_TERMS
    """A call does not pass under other terms if a server may take it for a call of this operation."""


def compile_gate(
    document: Document, allowed: Mapping[OperationKey, AllowedOperation], injected: InjectedNames | None = None
) -> Gate:
    """Compile the gate for the `allowed` operations of a document."""
    names = injected or InjectedNames()
    rules = compile_rules(document, allowed, names)
    slashes = {key: one.slashes for key, one in allowed.items() if one.slashes}
    terms = {key: one.terms for key, one in allowed.items() if one.terms != NO_TERMS}
    return Gate(
        routes=compile_routes(rules, _known_operations(document), slashes, terms),
        rules=tuple(rules.values()),
        withheld=names.query,
        matrix_paths=tuple(
            one
            for key in rules
            if isinstance(one := matrix_path(document.operations[key], document, slashes.get(key, ())), MatrixPath)
        ),
    )


def compile_rules(
    document: Document,
    allowed: Mapping[OperationKey, AllowedOperation],
    injected: InjectedNames,
    only: Container[OperationKey] | None = None,
) -> dict[OperationKey, OperationRule]:
    """Compile the rules of the `allowed` operations, or of `only` some of them."""
    known = _known_operations(document)
    variants = _closed_variants(known, allowed)
    return {
        key: operation_rule(
            operation,
            document,
            operation_id=allowed[key].operation_id,
            credential=allowed[key].credential,
            links=allowed[key].links,
            shape=allowed[key].shape,
            injected=injected,
            distinction=_distinction(known[key], _near(key, known[key], allowed[key].terms, variants)),
        )
        for key, operation in document.operations.items()
        if key in allowed and (only is None or key in only)
    }


def _known_operations(document: Document) -> dict[OperationKey, tuple[RequiredPair, ...]]:
    """Return all operations of the API, also the ones that overlays removed from its document, and the pairs that select each.

    If a removed operation were unknown, a call of the denied `/pets/mine` would pass as a call of the allowed `/pets/{id}`. An
    operation is left out if an overlay wrote it again with other parameter names.
    """
    present = {key: selecting_pairs(key, document) for key in document.operations}
    if not document.removed:
        return present
    written = {*map(as_written, present)}
    return present | {key: selecting_pairs(key, document) for key in document.removed if as_written(key) not in written}


_Variants: TypeAlias = "Mapping[tuple[str, object], list[tuple[tuple[RequiredPair, ...], Terms | None]]]"


def _closed_variants(
    known: Mapping[OperationKey, tuple[RequiredPair, ...]], allowed: Mapping[OperationKey, AllowedOperation]
) -> _Variants:
    """The variants, such as `/responses?beta=true`, that are denied or have terms: their pairs and their terms.

    They are indexed by the method and the shape of the path.
    """
    variants: dict[tuple[str, object], list[tuple[tuple[RequiredPair, ...], Terms | None]]] = {}
    for key, pairs in known.items():
        terms = allowed[key].terms if key in allowed else None
        if pairs and terms != NO_TERMS:
            variants.setdefault((key.method, parse_template(key.path).shape), []).append((pairs, terms))
    return variants


def _distinction(ours: tuple[RequiredPair, ...], near: Iterable[tuple[RequiredPair, ...]]) -> Distinction:
    """Return how the gate tells calls of the operation with `ours` from calls of the closed variants `near` it.

    Names that select the operation itself are not withheld: `choose_route` judges their values.
    """
    own = {(pair.place, pair.name) for pair in ours}
    theirs = {pair for pairs in near for pair in pairs}
    return Distinction(
        ours,
        frozenset({(pair.place, pair.name) for pair in theirs} - own),
        frozenset(
            (pair.name, fold_value(pair.value)) for pair in theirs if pair.value is not None and pair.place == "query"
        ),
    )


def _near(
    key: OperationKey, ours: tuple[RequiredPair, ...], terms: Terms, variants: _Variants
) -> tuple[tuple[RequiredPair, ...], ...]:
    """The pairs of variants that are denied or have other terms, if a call of this operation could match them, too."""
    theirs = variants.get((key.method, parse_template(key.path).shape), ())
    return tuple(pairs for pairs, others in theirs if others != terms and not contradict(ours, pairs))
