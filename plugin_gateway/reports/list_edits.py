"""List edits: what `allow` and `deny` change in the lists of gateway.yaml so that an operation is open or closed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from plugin_gateway.config.operation_text import split_operation
from plugin_gateway.config.selector import Selector
from plugin_gateway.diagnostics import Finding, Pointer
from plugin_gateway.edit.entries import add, add_all, called, take_out
from plugin_gateway.edit.entry import Entry
from plugin_gateway.edit.proof import meaning
from plugin_gateway.revision.catalogue import Catalogue, describe, match, unmatched

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plugin_gateway.openapi.document import Document, OperationKey


ALLOW: Pointer = ("allow",)
DENY: Pointer = ("deny",)


class ListEdit(NamedTuple):
    """The edited text, with a note for each operation that needed no edit or more than one edit."""

    text: str
    notes: tuple[str, ...]
    findings: tuple[Finding, ...] = ()
    """Names that match no operation, and operations that stay closed. With one of them, nothing should be written."""


class ListEditor:
    """The lists of one text of gateway.yaml, judged by one document."""

    def __init__(self, text: str, document: Document) -> None:
        self.text = text
        self._catalogue = Catalogue(document)
        self._notes: list[str] = []
        self._findings: list[Finding] = []
        self._read: tuple[str, Any] | None = None
        self._known: dict[str, tuple[Selector, frozenset[OperationKey]] | None] = {}

    def result(self) -> ListEdit:
        return ListEdit(self.text, tuple(self._notes), tuple(self._findings))

    def allow(self, name: str, pointer: Pointer = ALLOW) -> None:
        """Open an operation: add an entry unless one names it already, and take the operation's entry out of `deny`.

        `METHOD /path/**` adds a group.
        """
        if split := _glob_of(name):
            self._allow_group(name, split, pointer)
            return
        key = self._find(name)
        if key is None:
            return
        is_main = pointer == ALLOW
        closing = list(self._naming(DENY, key)) if is_main else []
        groups = [selector for _, selector in closing if selector.operation is None]
        if groups:
            self._findings.append(
                Finding(
                    rule="allowed-and-denied",
                    message=f"`{name}` stays closed: {describe(groups[0])} in `deny` wins",
                    hint="narrow that entry first",
                    pointer=("deny", groups[0].index),
                )
            )
            return
        for index, selector in reversed(closing):
            self.text = take_out(self.text, DENY, index)
            self._notes.append(f"took {describe(selector)} out of `deny`")
        naming = [selector for _, selector in self._naming(pointer, key)]
        if naming:
            by = "" if naming[0].operation is not None else f" by {describe(naming[0])}"
            self._notes.append(f"`{name}` is in {called(pointer)} already{by}")
        else:
            self.text = add(self.text, pointer, _entry_of(name, key))

    def allow_all(self, names: Iterable[str]) -> None:
        """Open operations as `allow` does one after another. Those that the lists do not name yet are written at once."""
        named = self._named()
        new: list[Entry] = []
        for name in names:
            found = match(Selector(operation=name), self._catalogue) if not _glob_of(name) else ()
            if len(found) == 1 and found[0].key not in named:
                named.add(found[0].key)
                new.append(_entry_of(name, found[0].key))
                continue
            self.text, new = add_all(self.text, ALLOW, new), []
            self.allow(name)
            if _glob_of(name):
                named = self._named()
        self.text = add_all(self.text, ALLOW, new)

    def _named(self) -> set[OperationKey]:
        """Return the operations that an entry of `allow` or `deny` names."""
        found = (self._selected(entry) for pointer in (ALLOW, DENY) for entry in self._listed(pointer))
        return {key for one in found if one is not None for key in one[1]}

    def deny(self, name: str, pointer: Pointer = ALLOW) -> None:
        """Close an operation: take its entry out of `allow`, or add it to `deny` if `allow` has none or a group opens it, too.

        With the list of a consumer, close it to this consumer only; a group there is left for the operator to split.
        """
        if split := _glob_of(name):
            self._deny_group(name, split, pointer)
            return
        listed = [index for index, entry in enumerate(self._listed(pointer)) if _operation_in(entry) == name]
        key = self._find(name, is_listed=bool(listed))
        lists = [pointer] if pointer != ALLOW else [ALLOW, *self._lists_of_consumers()]
        is_taken = False
        for one in lists:
            if key is not None:
                listed = [index for index, selector in self._naming(one, key) if selector.operation is not None]
            elif one != pointer:
                continue
            for index in reversed(listed):
                self.text = take_out(self.text, one, index)
                is_taken = is_taken or one == pointer
        if key is None:
            return
        groups = [selector for _, selector in self._naming(pointer, key)]
        if pointer != ALLOW:
            self._deny_consumer(name, pointer, groups, is_taken=is_taken)
            return
        closing = [selector for _, selector in self._naming(DENY, key)]
        if closing and not is_taken:
            self._notes.append(f"`{name}` is closed already: {describe(closing[0])} is in `deny`")
        if (groups or not is_taken) and not closing:
            self.text = add(self.text, DENY, _entry_of(name, key))
            if groups:
                self._notes.append(f"{describe(groups[0])} in `allow` names `{name}`, too; `deny` wins")

    def _deny_consumer(self, name: str, pointer: Pointer, groups: list[Selector], *, is_taken: bool) -> None:
        if groups:
            self._findings.append(
                Finding(
                    rule="group-allows",
                    message=f"{describe(groups[0])} in {called(pointer)} opens `{name}` to this consumer",
                    hint="a consumer has no `deny`: list the operations of that group one by one",
                    pointer=(*pointer, groups[0].index),
                )
            )
        elif not is_taken:
            self._notes.append(f"`{name}` is not in {called(pointer)}")

    def _allow_group(self, name: str, split: tuple[str, str], pointer: Pointer) -> None:
        selector = Selector(path=split[1], methods=(split[0],))
        if not match(selector, self._catalogue):
            self._findings.append(_of_name(unmatched(selector, self._catalogue, ALLOW)))
            return
        if pointer == ALLOW:
            self._take_out_groups(DENY, selector)
        if self._groups_like(pointer, selector):
            self._notes.append(f"`{name}` is in {called(pointer)} already")
        else:
            self.text = add(self.text, pointer, Entry(" ".join(split)))

    def _deny_group(self, name: str, split: tuple[str, str], pointer: Pointer) -> None:
        """Take the group out of the list.

        Add it to `deny` if it was not there, or if other entries open one of its operations.
        """
        selector = Selector(path=split[1], methods=(split[0],))
        operations = match(selector, self._catalogue)
        is_taken = self._take_out_groups(pointer, selector)
        if not operations and not is_taken:
            self._findings.append(_of_name(unmatched(selector, self._catalogue, DENY)))
        elif pointer != ALLOW:
            if not is_taken:
                self._notes.append(f"`{name}` is not in {called(pointer)}")
        elif self._groups_like(DENY, selector):
            self._notes.append(f"`{name}` is in `deny` already")
        elif not is_taken or any(next(self._naming(ALLOW, one.key), None) for one in operations):
            self.text = add(self.text, DENY, Entry(" ".join(split)))

    def _take_out_groups(self, pointer: Pointer, like: Selector) -> bool:
        found = self._groups_like(pointer, like)
        for index in reversed(found):
            self.text = take_out(self.text, pointer, index)
            self._notes.append(f"took {describe(like)} out of {called(pointer)}")
        return bool(found)

    def _groups_like(self, pointer: Pointer, like: Selector) -> list[int]:
        """Return the numbers of the entries that are the same group."""
        selectors = ((index, _selector_of(entry, index)) for index, entry in enumerate(self._listed(pointer)))
        return [
            index
            for index, one in selectors
            if one is not None and (one.path, one.methods) == (like.path, like.methods)
        ]

    def _find(self, name: str, *, is_listed: bool = False) -> OperationKey | None:
        """Find the one operation of a name, or note why there is none."""
        selector = Selector(operation=name)
        found = match(selector, self._catalogue)
        if len(found) == 1:
            return found[0].key
        if found:
            places = " and ".join(f"`{operation.key}`" for operation in found)
            self._findings.append(
                Finding(
                    rule="ambiguous-operation",
                    message=f"the document gives the operationId `{name}` to {places}",
                    hint=f"name the operation as METHOD /path, such as '{found[0].key}'",
                )
            )
        elif not is_listed:
            self._findings.append(_of_name(unmatched(selector, self._catalogue, ALLOW)))
        return None

    def _listed(self, pointer: Pointer) -> list[Any]:
        """Return the entries of a list as they are written."""
        if self._read is None or self._read[0] is not self.text:
            self._read = self.text, meaning(self.text)
        value = self._read[1]
        for step in pointer:
            if isinstance(step, int):
                value = value[step] if isinstance(value, list) and step < len(value) else None
            else:
                value = value.get(step) if isinstance(value, dict) else None
        return value if isinstance(value, list) else []

    def _lists_of_consumers(self) -> list[Pointer]:
        return [
            ("consumers", index, "allow")
            for index, consumer in enumerate(self._listed(("consumers",)))
            if isinstance(consumer, dict) and isinstance(consumer.get("allow"), list)
        ]

    def _naming(self, pointer: Pointer, key: OperationKey) -> Iterator[tuple[int, Selector]]:
        """Yield each entry of a list that names an operation, with its number."""
        for index, entry in enumerate(self._listed(pointer)):
            found = self._selected(entry)
            if found is not None and key in found[1]:
                yield index, found[0].numbered(index)

    def _selected(self, entry: object) -> tuple[Selector, frozenset[OperationKey]] | None:
        """Return an entry as a selector, with the operations that it names.

        Most entries are in the list before and after an edit.
        """
        if isinstance(entry, str) and entry in self._known:
            return self._known[entry]
        selector = _selector_of(entry, 0)
        found = (selector, frozenset(one.key for one in match(selector, self._catalogue))) if selector else None
        if isinstance(entry, str):
            self._known[entry] = found
        return found


def pointer_of(text: str, consumer: str) -> Pointer | None:
    """Return where the list of a consumer is; None if no consumer has the name."""
    value = meaning(text)
    consumers = value.get("consumers") if isinstance(value, dict) else None
    for index, one in enumerate(consumers if isinstance(consumers, list) else []):
        if isinstance(one, dict) and one.get("name") == consumer:
            return "consumers", index, "allow"
    return None


def _of_name(finding: Finding) -> Finding:
    """Return a finding about a name on the command line, which has no place in the config."""
    return Finding(rule=finding.rule, message=finding.message, hint=finding.hint)


def _entry_of(name: str, key: OperationKey) -> Entry:
    """Return the entry for an operation; the comment of an operationId says which operation it is."""
    split = split_operation(name)
    return Entry(" ".join(split)) if split else Entry(name, str(key))


def _glob_of(name: str) -> tuple[str, str] | None:
    split = split_operation(name)
    return split if split and "*" in split[1] else None


def _operation_in(entry: object) -> str:
    """Return the operation of an entry that names a single one, as it is written."""
    named = entry.get("operation") if isinstance(entry, dict) else entry
    return named.strip() if isinstance(named, str) else ""


def _selector_of(entry: object, index: int) -> Selector | None:
    """Return an entry as a selector, or None if a valid config cannot have the entry."""
    expanded = {"operation": entry.strip()} if isinstance(entry, str) else entry
    if isinstance(entry, str) and (split := _glob_of(entry)):
        expanded = {"path": split[1], "methods": [split[0]]}
    if not isinstance(expanded, dict):
        return None
    known = {name: expanded[name] for name in ("operation", "tag", "path") if isinstance(expanded.get(name), str)}
    methods = expanded.get("methods") or ()
    methods = [methods] if isinstance(methods, str) else methods
    if len(known) != 1 or not isinstance(methods, list | tuple):
        return None
    verbs = tuple(str(method).upper() for method in methods)
    return Selector(**known, methods=verbs).numbered(index)
