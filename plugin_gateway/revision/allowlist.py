"""The allow-list, applied to a document: the operations that it keeps, and findings about the list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct, field
from msgspec.structs import replace

from plugin_gateway import methods
from plugin_gateway.config.mistake import nearest
from plugin_gateway.diagnostics import Finding, Severity
from plugin_gateway.gate.matrix import matrix_path
from plugin_gateway.gate.slashed import find_spelled
from plugin_gateway.gate.target import read_target
from plugin_gateway.gate.template import parse_template, sample_path
from plugin_gateway.gate.variant import on_the_wire, selecting_pairs
from plugin_gateway.lock.lock import EntryWords, words_of
from plugin_gateway.openapi.parameters import declared_parameters
from plugin_gateway.publish.operation_ids import own_operation_id
from plugin_gateway.refusal import Refusal
from plugin_gateway.revision.agreed import NOTHING_AGREED, Agreed
from plugin_gateway.revision.catalogue import Catalogue, describe, match, named_later, unmatched
from plugin_gateway.revision.kept import KeptOperation
from plugin_gateway.revision.pinned import NOTHING_PINNED, Pinned

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from plugin_gateway.config.selector import AllowEntry, Selector
    from plugin_gateway.openapi.document import Document, Operation, OperationKey


_MOST_SHOWN: Final = 12


class AllowedOperations(Struct, frozen=True, kw_only=True):
    """The operations that are allowed, in document order, and every finding about the lists."""

    kept: Mapping[OperationKey, KeptOperation] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    pinned: Pinned = NOTHING_PINNED
    """The operations that the entries named, for the next time the document is read."""
    held: tuple[OperationKey, ...] = ()
    """Operations that a group began to name when the document changed; they stay closed."""


NOTHING_ALLOWED: Final = "nothing-allowed"
"""The rule of the warning that `deny` closes every operation in `allow`. It is not an error: an operator in a hurry may want to
close everything, and a reload that refused the config would keep the old, open one."""

_NOTHING_ALLOWED: Final = Finding(
    rule=NOTHING_ALLOWED,
    severity=Severity.WARNING,
    message="`deny` closes every operation that `allow` names, so the gateway serves none",
    hint="narrow `deny`; to serve no operation on purpose, write `allow: []`",
    pointer=("deny",),
)


def select(
    document: Document,
    allow: Sequence[AllowEntry],
    deny: Sequence[Selector] = (),
    pinned: Pinned = NOTHING_PINNED,
    agreed: Agreed = NOTHING_AGREED,
) -> AllowedOperations:
    """Apply the lists. An operation is kept if an entry of `allow` names it and no entry of `deny` does.

    `pinned` has the operations that the same entries named before: a group opens no operation that it did not name then.
    `agreed` has the operations that are closed because they are not as they were locked.
    """
    catalogue = Catalogue(document)
    findings: list[Finding] = []
    named: dict[OperationKey, list[AllowEntry]] = {}
    pins: dict[EntryWords, frozenset[OperationKey]] = {}
    later: list[tuple[AllowEntry, list[OperationKey]]] = []
    for entry in allow:
        operations = agreed.match(entry, catalogue)
        if not operations and (agreed.is_closed(entry, catalogue, "allow") or agreed.knows(entry, "allow")):
            continue
        findings += _judge_entry(entry, operations, catalogue, document)
        if entry.wanted_id and len(operations) > 1:
            continue  # a guess could open the wrong operation
        keys = [operation.key for operation in operations]
        if entry.operation is None:
            words = words_of(entry, "allow")
            pins[words] = first = pinned.to_open(words, keys)
            later.append((entry, [key for key in keys if key not in first]))
            keys = [key for key in keys if key in first]
        for key in keys:
            named.setdefault(key, []).append(entry)
    denied: dict[OperationKey, Selector] = {}
    for selector in deny:
        operations = match(selector, catalogue)
        if not operations and not agreed.knows(selector, "deny"):
            findings.append(_judge_denial(selector, catalogue))
        words = words_of(selector, "deny")
        pins[words] = pinned.to_close(words, (operation.key for operation in operations))
        for key in pins[words]:
            denied.setdefault(key, selector)
    kept = {
        key: KeptOperation(
            operation=operation, entries=tuple(sorted(named[key], key=lambda entry: entry.operation is None))
        )
        for key, operation in document.operations.items()
        if key in named and key not in denied
    }
    findings += _find_duplicates(named)
    findings += _find_overruled(named, denied)
    findings += _find_closed_groups(allow, named, kept)
    if named and not kept:
        findings.append(_NOTHING_ALLOWED)
    findings += _find_taken_ids(kept)
    findings += _find_unreachable(document, kept)
    findings += _find_twins(document, kept, denied)
    for key, one in kept.items():
        findings += find_spelled(key, one.slashes, document.operations, kept, one.entries[0].index)
    held: dict[OperationKey, None] = {}
    for entry, keys in later:
        if closed := [key for key in keys if key not in kept and key not in denied]:
            findings.append(named_later(entry, closed, ("allow", entry.index)))
            held |= dict.fromkeys(closed)
    return AllowedOperations(kept=kept, findings=tuple(findings), pinned=Pinned(pins), held=tuple(held))


def _find_unknown_parameters(
    entry: AllowEntry, operations: Sequence[Operation], document: Document
) -> Iterator[Finding]:
    """Find rules for parameters that no operation of the entry has, and so have no effect."""
    if not entry.parameters:
        return
    names: dict[str, None] = {}
    known: set[str] = set()
    headers: set[str] = set()
    for operation in operations:
        in_path = [name for segment in parse_template(operation.key.path).segments for name in segment.names]
        names |= dict.fromkeys(in_path)
        known |= {one for name in in_path for one in (name, f"path:{name}")}
        for parameter in declared_parameters(operation, document):
            place, name = str(parameter.get("in")), str(parameter.get("name"))
            if place in ("query", "header", "cookie"):
                names[name] = None
                if place == "header":
                    headers |= {name.lower(), f"header:{name.lower()}"}
                else:
                    known |= {name, f"{place}:{name}"}
    for key in entry.parameters:
        if key not in known and key.lower() not in headers:
            shown = [*names][:_MOST_SHOWN]
            more = f" and {len(names) - len(shown)} more" if len(names) > len(shown) else ""
            there = (
                f"the parameters are {', '.join(f'`{one}`' for one in shown)}{more}"
                if names
                else "it has no parameters"
            )
            yield Finding(
                rule="unknown-parameter",
                message=f"{describe(entry)} has no parameter `{key}`",
                hint=f"{nearest(key, names)}{there}",
                pointer=("allow", entry.index, "parameters", key),
                on_key=True,
            )


def _judge_entry(
    entry: AllowEntry, operations: Sequence[Operation], catalogue: Catalogue, document: Document
) -> Iterator[Finding]:
    if not operations:
        yield unmatched(entry, catalogue, ("allow", entry.index))
        return
    yield from _find_unknown_parameters(entry, operations, document)
    if entry.wanted_id and len(operations) > 1:
        places = " and ".join(f"`{operation.key}`" for operation in operations)
        yield Finding(
            rule="ambiguous-operation",
            message=f"the document gives the operationId {describe(entry)} to {places}",
            hint=f"name the operation as METHOD /path, such as `{operations[0].key}`",
            pointer=("allow", entry.index),
        )


def _judge_denial(selector: Selector, catalogue: Catalogue) -> Finding:
    """An unknown name is an error, because its operation may be open. `DELETE /**` without DELETEs is a warning."""
    found = unmatched(selector, catalogue, ("deny", selector.index))
    is_methods_only = selector.operation is None and match(selector.replace(methods=()), catalogue)
    return replace(found, severity=Severity.WARNING) if is_methods_only else found


def _find_closed_groups(
    allow: Sequence[AllowEntry],
    named: Mapping[OperationKey, Sequence[AllowEntry]],
    kept: Mapping[OperationKey, KeptOperation],
) -> Iterator[Finding]:
    # By identity, because comparing thousands of entries with each operation's takes seconds.
    naming = {id(entry) for entries in named.values() for entry in entries}
    opening = {id(entry) for key, entries in named.items() if key in kept for entry in entries}
    for entry in allow:
        if entry.operation is None and id(entry) in naming and id(entry) not in opening:
            yield Finding(
                rule="allowed-and-denied",
                severity=Severity.WARNING,
                message=f"every operation that {describe(entry)} names stays closed: `deny` wins",
                hint="remove the entry, or narrow `deny`",
                pointer=("allow", entry.index),
            )


def _find_duplicates(named: Mapping[OperationKey, Sequence[AllowEntry]]) -> Iterator[Finding]:
    for key, entries in named.items():
        single = [entry for entry in entries if entry.operation is not None]
        for entry in single[1:]:
            yield Finding(
                rule="duplicate-operation",
                severity=Severity.WARNING,
                message=f"entry {single[0].index + 1} already allows `{key}`",
                hint="remove one of the two entries; where they differ, the first wins",
                pointer=("allow", entry.index),
            )


def _find_overruled(
    named: Mapping[OperationKey, Sequence[AllowEntry]], denied: Mapping[OperationKey, Selector]
) -> Iterator[Finding]:
    for key, entries in named.items():
        for entry in entries:
            if key in denied and entry.operation is not None:
                yield Finding(
                    rule="allowed-and-denied",
                    severity=Severity.WARNING,
                    message=f"`{key}` stays closed: {describe(denied[key])} in `deny` wins",
                    hint="remove one of the two",
                    pointer=("allow", entry.index),
                )


def _find_taken_ids(kept: Mapping[OperationKey, KeptOperation]) -> Iterator[Finding]:
    wanted = {key: one.operation_id for key, one in kept.items() if one.operation_id}
    owners: dict[str, OperationKey] = {}
    for key, one in kept.items():
        if key not in wanted:
            owners.setdefault(own_operation_id(one.operation), key)
    for key, name in wanted.items():
        if (owner := owners.setdefault(name, key)) != key:
            entry = next(entry for entry in kept[key].entries if entry.operation_id == name)
            yield Finding(
                rule="operation-id-taken",
                message=f"`{key}` cannot be called `{name}`: `{owner}` has that name",
                hint="choose another operation_id",
                pointer=("allow", entry.index, "operation_id"),
            )


def _find_unreachable(document: Document, kept: Mapping[OperationKey, KeptOperation]) -> Iterator[Finding]:
    for key, one in kept.items():
        refusal = read_target(sample_path(parse_template(key.path)))
        why = refusal.detail if isinstance(refusal, Refusal) else ""
        if isinstance(closed := matrix_path(one.operation, document, one.slashes), str):
            why = closed
        if key.method in methods.NEVER_ROUTED:
            why = f"{key.method} is never forwarded."
        if why:
            yield Finding(
                rule="unreachable-operation",
                severity=Severity.WARNING,
                message=f"no call can reach `{key}`: {why}",
                hint="remove the entry",
                pointer=("allow", one.entries[0].index),
            )


def _find_twins(
    document: Document, kept: Mapping[OperationKey, KeptOperation], denied: Mapping[OperationKey, Selector]
) -> Iterator[Finding]:
    """Find operations that the gate cannot tell apart, for example by names of path parameters: allowing one allows both."""
    twins: dict[object, list[OperationKey]] = {on_the_wire(key, selecting_pairs(key, document)): [] for key in kept}
    methods = {key.method for key in kept}
    for key in document.operations:
        if key.method in methods and (same := twins.get(on_the_wire(key, selecting_pairs(key, document)))) is not None:
            same.append(key)
    for keys in twins.values():
        closed = [key for key in keys if key not in kept]
        for key in keys if closed and len(keys) > 1 else ():
            if key in kept:
                other = next((twin for twin in closed if twin in denied), closed[0])
                is_denied = other in denied
                yield Finding(
                    rule="same-path",
                    severity=Severity.ERROR if is_denied else Severity.WARNING,
                    message=f"the gateway cannot tell `{other}` from `{key}`: allowing one allows both",
                    hint="take one of the two out of `allow` or `deny`"
                    if is_denied
                    else "list both, or remove the entry",
                    pointer=("allow", kept[key].entries[0].index),
                )
