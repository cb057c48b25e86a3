"""The list of consumers, judged: what each may call out of what is allowed, and which of them nobody can be."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from plugin_gateway.diagnostics import Finding
from plugin_gateway.policy.pinned import NOTHING_PINNED, EntryWords, Pinned, words_of
from plugin_gateway.policy.selector import Catalogue, describe, match, named_later, unmatched

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping, Sequence

    from plugin_gateway.config.auth import Consumer
    from plugin_gateway.config.selector import Selector
    from plugin_gateway.openapi.document import Document, OperationKey

Pointer: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What a consumer may call, in document order, and every finding about its list."""

    keys: tuple[OperationKey, ...] | None
    """None is all that is kept."""
    findings: tuple[Finding, ...] = ()
    pins: Mapping[EntryWords, frozenset[OperationKey]] = field(default_factory=dict)
    """What its groups named, for the next time the document is read."""
    held: tuple[OperationKey, ...] = ()
    """Operations that one of its groups names only since the document changed, and that are closed to it."""


def select_for_consumer(
    document: Document,
    kept: Container[OperationKey],
    consumer: Consumer,
    index: int,
    pinned: Pinned = NOTHING_PINNED,
) -> Chosen:
    """Apply a consumer's own list. What the gateway does not allow is a finding, not allowed; `pinned` is as in `select`."""
    if consumer.allow is None:
        return Chosen(keys=None)
    findings: list[Finding] = []
    chosen: set[OperationKey] = set()
    pins: dict[EntryWords, frozenset[OperationKey]] = {}
    later: list[tuple[Selector, list[OperationKey], Pointer]] = []
    catalogue = Catalogue(document)
    for position, selector in enumerate(consumer.allow):
        pointer: Pointer = ("consumers", index, "allow", position)
        named = match(selector, catalogue)
        if not named:
            unknown = unmatched(selector, catalogue, "allow")
            findings.append(Finding(rule=unknown.rule, message=unknown.message, hint=unknown.hint, pointer=pointer))
        keys = [operation.key for operation in named]
        if selector.operation is None:
            words = words_of(selector, "consumers", consumer.name)
            pins[words] = first = pinned.to_open(words, keys)
            later.append((selector, [key for key in keys if key not in first], pointer))
            keys = [key for key in keys if key in first]
        closed = [key for key in keys if key not in kept]
        # A group means what the gateway allows of it; an operation that is named and stays closed is a mistake.
        if (selector.operation is not None or len(closed) == len(keys)) and closed:
            findings.append(
                Finding(
                    rule="consumer-exceeds-allow",
                    message=f"{describe(selector)} is not allowed to anybody, so not to `{consumer.name}` either",
                    hint=f"add `{closed[0]}` to the gateway's own `allow`, or remove it here",
                    pointer=pointer,
                )
            )
        chosen.update(key for key in keys if key in kept)
    held: dict[OperationKey, None] = {}
    for selector, keys, pointer in later:
        # What is closed to everybody is told once, of the gateway's own list.
        if closed := [key for key in keys if key in kept and key not in chosen]:
            findings.append(named_later(selector, closed, pointer))
            held |= dict.fromkeys(closed)
    keys_in_order = tuple(key for key in document.operations if key in chosen)
    return Chosen(keys=keys_in_order, findings=tuple(findings), pins=pins, held=tuple(held))


def find_consumer_mistakes(
    consumers: Sequence[Consumer], *, kind: str, is_judged: bool, tokens: Sequence[str], users: Sequence[str]
) -> Iterator[Finding]:
    """Find consumers that nobody can ever be, and those that are two under one name."""
    if consumers and not is_judged:
        hint = "write how callers are told apart under `auth`"
        message = "consumers need callers that are known, and `auth` lets everybody in unjudged"
        yield Finding(rule="consumers-need-auth", message=message, hint=hint, pointer=("consumers",))
        return
    seen: set[str] = set()
    for index, consumer in enumerate(consumers):
        if consumer.name in seen:
            yield _finding(index, "name", f"two consumers are called `{consumer.name}`", "rename one of them")
        seen.add(consumer.name)
        said = consumer.match
        if said.token and said.token not in tokens:
            known = ", ".join(f"`{name}`" for name in tokens)
            hint = f"the tokens are {known}" if known else "only `service_http` has named tokens"
            yield _finding(index, "match", f"no token is called `{said.token}`", hint)
        if said.user and users and said.user not in users:
            yield _finding(index, "match", f"the users file has no `{said.user}`", "add the user, or correct the name")
        if (said.scope or said.claims) and kind == "service_http":
            hint = "match by `token`"
            yield _finding(index, "match", "tokens of `service_http` have neither scopes nor claims", hint)


def _finding(index: int, key: str, message: str, hint: str) -> Finding:
    return Finding(rule="consumer-mismatch", message=message, hint=hint, pointer=("consumers", index, key))
