"""A new lock: the one that `plugin-gateway lock` would write now, with today's allowed operations and groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugin_gateway.diagnostics import Severity
from plugin_gateway.errors import ConfigError
from plugin_gateway.lock.lock import EntryWords, Lock, words_of
from plugin_gateway.lock.locking import lock_of
from plugin_gateway.revision.allowlist import select
from plugin_gateway.revision.catalogue import Catalogue, match

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plugin_gateway.config.load import LoadedConfig
    from plugin_gateway.config.model import Config
    from plugin_gateway.config.selector import Selector
    from plugin_gateway.openapi.document import Document, OperationKey


def new_lock(loaded: LoadedConfig, document: Document, *, own: Document | None = None) -> Lock:
    """Make the lock that agrees to the document as it is now.

    `own` is the API's document, if overlays changed it to `document`.

    The digests are of the API's document: the operator wrote the overlays, and sees their changes.

    Raises:
        ConfigError: the allow-list does not fit the document.
        DocumentError: an allowed operation cannot be cut out of the document.
    """
    config = loaded.config
    selection = select(document, config.allow, config.deny)
    if any(finding.severity is Severity.ERROR for finding in selection.findings):
        raise ConfigError(loaded.located(selection.findings))
    catalogue = Catalogue(document)
    named = {one.key for entry in config.allow for one in match(entry, catalogue)}
    groups = {
        words: frozenset(one.key for one in match(entry, catalogue) if one.key in selection.kept)
        for words, entry in _groups(loaded)
    }
    for entry in config.allow:
        # If the id of a denied operation moved to another operation, the entry would open that one.
        if entry.wanted_id and (keys := [one.key for one in match(entry, catalogue) if one.key not in selection.kept]):
            groups[words_of(entry, "allow")] = frozenset(keys)
    for denial in config.deny:
        # A denial may name a thousand operations, but only an operation that `allow` would open matters.
        groups[words_of(denial, "deny")] = frozenset(named.intersection(one.key for one in match(denial, catalogue)))
    ids = {key: document.operations[key].operation_id or "" for key in selection.kept}
    return lock_of(own or document, ids, groups, settings_of(config))


def settings_of(config: Config) -> Lock:
    """Return a lock without operations, which has only the settings that decide what belongs to an operation."""
    extensions = tuple(sorted({*config.public.extensions}))
    return Lock(document="", discriminator=config.public.discriminator, extensions=extensions)


def _groups(loaded: LoadedConfig) -> Iterator[tuple[EntryWords, Selector]]:
    config = loaded.config
    lists: list[tuple[tuple[str, ...], Iterable[Selector]]] = [(("allow",), config.allow)]
    lists += [(("consumers", one.name), one.allow or ()) for one in config.consumers]
    for place, entries in lists:
        for entry in entries:
            if entry.operation is None:
                yield words_of(entry, *place), entry


def differences(old: Lock | None, new: Lock) -> Iterator[str]:
    """Describe the changes of a new lock, one a line: `+` locks, `-` no longer locks, `~` agrees to a change."""
    before = old.operations if old is not None else {}
    keys: dict[OperationKey, None] = dict.fromkeys((*before, *new.operations))
    for key in sorted(keys, key=lambda key: (key.path, key.method)):
        if key not in before:
            yield f"+ {key}"
        elif key not in new.operations:
            yield f"- {key}"
        elif before[key] != new.operations[key]:
            was, now = before[key].parts._asdict(), new.operations[key].parts._asdict()
            parts = [name for name in now if now[name] != was[name]]
            yield f"~ {key}: {', '.join(parts) or 'operationId'}"
    groups_before = old.groups if old is not None else {}
    for words in sorted({*groups_before, *new.groups}):
        if words not in new.groups:
            yield f"- group {words}"
        elif words not in groups_before:
            yield f"+ group {words}: {len(new.groups[words])} operations"
        elif groups_before[words] != new.groups[words]:
            yield f"~ group {words}: {len(groups_before[words])} -> {len(new.groups[words])} operations"
    if old is not None and old.document != new.document:
        yield "~ fields of the document that belong to no operation"
    if old is not None and (old.discriminator, old.extensions) != (new.discriminator, new.extensions):
        yield "~ `public.discriminator` or `public.extensions`"
