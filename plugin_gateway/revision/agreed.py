"""What the operator agreed to: the lock, the operations that have drifted from it, and the consequence for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

from msgspec.structs import replace

from plugin_gateway.diagnostics import Finding, Pointer, Severity
from plugin_gateway.discreet import Discreet
from plugin_gateway.errors import DocumentError
from plugin_gateway.lock.lock import REMOVED, words_of
from plugin_gateway.openapi.document import OperationKey
from plugin_gateway.revision.catalogue import describe, match
from plugin_gateway.revision.pinned import NOTHING_PINNED, Pinned

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from plugin_gateway.config.model import Config
    from plugin_gateway.config.selector import AllowEntry, Selector
    from plugin_gateway.lock.copy import LockedCopy
    from plugin_gateway.lock.lock import EntryWords, Lock
    from plugin_gateway.lock.locking import Drift
    from plugin_gateway.openapi.document import Document, Operation
    from plugin_gateway.revision.catalogue import Catalogue

Outcome: TypeAlias = Literal["kept", "quarantined", "followed"]
GROUP_NOT_LOCKED: Final = "group-not-locked"
DRIFT: Final = "drift"
"""The rule of findings about operations that are not as they were locked."""
_ACCEPT: Final = "`plugin-gateway diff` shows what changed, and `plugin-gateway lock` accepts it"


class Drifted(NamedTuple):
    """An operation that is not as it was locked, and what became of it."""

    operation: str
    outcome: Outcome
    changed: tuple[str, ...]


class Agreed(Discreet, frozen=True, kw_only=True):
    """A lock, applied to a document. Without a lock, every operation is as agreed."""

    HIDDEN = ("findings", "document", "own")

    lock: Lock | None = None
    closed: frozenset[OperationKey] = frozenset()
    """The operations that are quarantined or gone."""
    drifted: tuple[Drifted, ...] = ()
    findings: tuple[Finding, ...] = ()
    document: Document | None = None
    """The API's document, with kept operations as they were locked."""
    own: Document | None = None
    """The API's document, as it is."""

    def match(self, selector: Selector, catalogue: Catalogue) -> list[Operation]:
        """Return the operations that an entry names, without closed ones.

        An operationId names the operation that had it when the lock was written, so an id that moves to another operation opens
        nothing.
        """
        return [operation for operation in self._named(selector, catalogue) if operation.key not in self.closed]

    def is_closed(self, selector: Selector, catalogue: Catalogue, *place: str) -> bool:
        """Return whether an entry matches no operation because its operations are closed: this is not its mistake."""
        return bool(
            {*self.keys_of(selector, *place), *(one.key for one in self._named(selector, catalogue))} & self.closed
        )

    def knows(self, selector: Selector, *place: str) -> bool:
        """Return whether the lock has this entry: if the document no longer has what it names, the document changed."""
        return self.lock is not None and words_of(selector, *place) in self.lock.groups

    def _named(self, selector: Selector, catalogue: Catalogue) -> list[Operation]:
        if self.lock is not None and selector.wanted_id:
            denied = next(iter(self.lock.groups.get(words_of(selector, "allow"), ())), None)
            if key := self.lock.key_of(selector.wanted_id) or denied:
                return [operation] if (operation := catalogue.operations.get(key)) else []
        return match(selector, catalogue)

    def keys_of(self, selector: Selector, *place: str) -> frozenset[OperationKey]:
        """Return the operations of the lock that an entry names."""
        if self.lock is None:
            return frozenset()
        if selector.operation is None:
            return self.lock.groups.get(words_of(selector, *place), frozenset())
        key = OperationKey(*selector.key) if selector.key else self.lock.key_of(selector.operation)
        return frozenset({key} if key is not None and key in self.lock.operations else ())

    def pins(self, before: Pinned = NOTHING_PINNED) -> Pinned:
        """Return what the groups stand for: in `allow`, what the lock says; in `deny`, also what they named `before`."""
        if self.lock is None:
            return before
        pins: dict[EntryWords, frozenset[OperationKey]] = {
            words: keys for words, keys in before.entries.items() if words.place == ("deny",)
        }
        for words, keys in self.lock.groups.items():
            pins[words] = keys | pins.get(words, frozenset())
        return Pinned(pins)


NOTHING_AGREED: Final = Agreed()


def agree(
    document: Document, config: Config, lock: Lock, read_copy: Callable[[], LockedCopy | None] = lambda: None
) -> Agreed:
    """Apply a lock to the API's document, as `on_drift` says. `read_copy` reads the locked copy, if it is needed."""
    # Imported late: a gateway without a lock does not pay for it.
    from plugin_gateway.lock.locking import find_drift

    agreed = Agreed(lock=lock, own=document)
    policies = _policies(config, agreed)
    drifts = find_drift(document, lock, policies)
    if not drifts.operations and not drifts.document:
        return replace(agreed, document=document, findings=tuple(_about_settings(config, lock)))
    keeping = [one.key for one in drifts.operations if policies[one.key][1] == "keep"]
    is_info_held = drifts.document and config.on_drift != "follow"
    copy = read_copy() if keeping or is_info_held else None
    document, kept = _as_locked(document, lock, copy, keeping)
    is_info_held = is_info_held and copy is not None and not find_drift(copy.document, lock, ()).document
    if is_info_held and copy is not None:
        from plugin_gateway.lock.graft import with_info_of

        document = with_info_of(document, copy.document)
    closed, drifted, findings = set(), list[Drifted](), [*_about_settings(config, lock)]
    if drifts.document:
        findings.append(_about_document(is_held=is_info_held))
    for drift in drifts.operations:
        entry, policy = policies[drift.key]
        outcome: Outcome = "followed" if policy == "follow" else "kept" if drift.key in kept else "quarantined"
        if outcome == "quarantined" or (outcome == "followed" and drift.changed == (REMOVED,)):
            closed.add(drift.key)
        drifted.append(Drifted(str(drift.key), outcome, drift.changed))
        findings.append(_drift_finding(drift, outcome, entry))
        if policy == "keep" and drift.key not in kept:
            findings.append(_not_kept(drift, entry))
    return replace(
        agreed,
        document=document,
        closed=frozenset(closed),
        drifted=tuple(drifted),
        findings=tuple(findings),
    )


def _as_locked(
    document: Document, lock: Lock, copy: LockedCopy | None, keys: Collection[OperationKey]
) -> tuple[Document, frozenset[OperationKey]]:
    """Replace operations by their locked copies where the copy matches the lock. Return the replaced ones."""
    if copy is None or not keys:
        return document, frozenset()
    from plugin_gateway.lock.graft import graft
    from plugin_gateway.lock.locking import find_drift

    wrong = {one.key for one in find_drift(copy.document, lock, keys).operations}
    good = frozenset(keys) - wrong
    try:
        grafted = graft(document, copy.document, sorted(good), lock) if good else None
    except DocumentError:
        grafted = None
    return (document, frozenset()) if grafted is None else (grafted, good)


def _policies(config: Config, agreed: Agreed) -> Mapping[OperationKey, tuple[AllowEntry, str]]:
    """Return the locked operations that the config names, each with its entry and what to do if it drifts."""
    found: dict[OperationKey, tuple[AllowEntry, str]] = {}
    for entry in sorted(config.allow, key=lambda entry: entry.operation is None):
        for key in agreed.keys_of(entry, "allow"):
            first, policy = found.get(key, (entry, ""))
            found[key] = first, policy or entry.on_drift or ""
    return {key: (entry, policy or config.on_drift) for key, (entry, policy) in found.items()}


def _drift_finding(drift: Drift, outcome: Outcome, entry: AllowEntry) -> Finding:
    states = {
        "kept": "is served as it was locked",
        "quarantined": "is closed",
        "followed": "is served as it is now",
    }
    state = "is closed" if drift.changed == (REMOVED,) and outcome == "followed" else states[outcome]
    return Finding(
        rule=DRIFT,
        severity=Severity.WARNING,
        message=f"`{drift.key}` {state}: {drift} since the lock was written",
        hint=_ACCEPT,
        pointer=("allow", entry.index),
    )


def _not_kept(drift: Drift, entry: AllowEntry) -> Finding:
    return Finding(
        rule="not-kept",
        severity=Severity.WARNING,
        message=f"`{drift.key}` cannot be kept as it was locked: the copy of the lock, *.locked.json beside it, is missing, belongs "
        "to another lock, or does not fit the document",
        hint="restore the file from git, or accept the change with `plugin-gateway lock`",
        pointer=("allow", entry.index),
    )


def _about_document(*, is_held: bool) -> Finding:
    message = "`info`, `servers` or another field that belongs to no operation changed since the lock was written"
    if is_held:
        message += "; clients see `info` as it was locked"
    return Finding(rule=DRIFT, severity=Severity.WARNING, message=message, hint=_ACCEPT, pointer=("openapi",))


def _about_settings(config: Config, lock: Lock) -> Iterator[Finding]:
    public = config.public
    for name, is_same in (
        ("discriminator", public.discriminator == lock.discriminator),
        ("extensions", {*public.extensions} == {*lock.extensions}),
    ):
        if not is_same:
            yield Finding(
                rule="lock-outdated",
                severity=Severity.WARNING,
                message=f"`public.{name}` changed since the lock was written",
                hint="run `plugin-gateway lock`",
                pointer=("public", name),
            )


def find_unlocked(config: Config, agreed: Agreed, catalogue: Catalogue, where: str) -> Iterator[Finding]:
    """Find the entries that the lock does not know.

    For a group this is an error: the document alone would decide what it opens.
    """
    lists: list[tuple[tuple[str, ...], Pointer, Sequence[Selector]]] = [(("allow",), ("allow",), config.allow)]
    lists += [
        (("consumers", one.name), ("consumers", index, "allow"), one.allow)
        for index, one in enumerate(config.consumers)
        if one.allow
    ]
    for place, pointer, entries in lists:
        for index, entry in enumerate(entries):
            if entry.operation is None:
                count = 0 if agreed.knows(entry, *place) else len(match(entry, catalogue))
                if count:
                    yield _unlocked_group(entry, count, (*pointer, index), where, is_there=agreed.lock is not None)
            elif agreed.lock is not None and place == ("allow",):
                yield from _unlocked_operation(agreed.lock, entry, agreed.match(entry, catalogue))


def _unlocked_group(entry: Selector, count: int, pointer: Pointer, where: str, *, is_there: bool) -> Finding:
    lack = "is not in" if is_there else "needs"
    return Finding(
        rule=GROUP_NOT_LOCKED,
        message=f"{describe(entry)} names {count} operation{'s' * (count != 1)} today, and {lack} {where}: "
        "the document alone must not decide which operations a group opens",
        hint="`plugin-gateway lock` writes the operations of the group; review the file and commit it",
        pointer=pointer,
    )


def _unlocked_operation(lock: Lock, entry: Selector, operations: Iterable[Operation]) -> Iterator[Finding]:
    for operation in operations:
        if operation.key not in lock.operations:
            yield Finding(
                rule="not-locked",
                severity=Severity.WARNING,
                message=f"`{operation.key}` is not in the lock, so its changes go unnoticed",
                hint="run `plugin-gateway lock`",
                pointer=("allow", entry.index),
            )
