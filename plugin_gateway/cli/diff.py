"""`diff`: says in words what changed since the lock, since a git revision, or between two documents."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import click

from plugin_gateway.cli.options import config_option
from plugin_gateway.cli.report import REPORT_FORMATS, show_findings
from plugin_gateway.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Sequence

    from plugin_gateway.cli.report import ReportFormat
    from plugin_gateway.diagnostics import Finding, Location
    from plugin_gateway.lock.change import Change
    from plugin_gateway.lock.copy import LockedCopy
    from plugin_gateway.openapi.document import Document, OperationKey
    from plugin_gateway.revision.build import Built

_MOST_NAMED: Final = 10
ADDED: Final = "was added"


class Difference(NamedTuple):
    """What changed in the document, and what changed for clients of the gateway."""

    upstream: tuple[Change, ...]
    clients: tuple[Change, ...] = ()


@click.command()
@config_option
@click.argument("old", required=False)
@click.argument("new", required=False)
@click.option(
    "--against", "revision", default="", metavar="REVISION", help="Compare with the lock of this git revision."
)
@click.option("--exit-code", is_flag=True, help="Exit 1 if there are differences.")
@click.option("--format", "shape", type=click.Choice(REPORT_FORMATS), default="text", show_default=True)
@click.pass_context
def command(
    context: click.Context,
    config: Path | None,
    old: str | None,
    new: str | None,
    revision: str,
    *,
    exit_code: bool,
    shape: ReportFormat,
) -> int:
    """Describe how the document changed, and what that changes for clients.

    Without arguments, the command compares the lock, or the lock of a git revision, with the current document. With OLD, it
    compares that document with the current one, for the allowed operations. With OLD and NEW, it compares all operations of the
    two. OLD and NEW are files or URLs. The command marks each change that breaks callers or whose text could steer a model.
    Exit status: 0, or with `--exit-code` 1 if there are differences.
    """
    if revision and old:
        raise click.UsageError("`--against` and OLD exclude each other.", context)
    from plugin_gateway.diagnostics import Location

    if old and new:
        difference = between(old, new)
        place = Location(new)
    else:
        difference, place = since(config, old or "", revision)
    if shape == "text":
        show(difference)
    else:
        show_findings(as_findings((*difference.upstream, *difference.clients), place), shape)
    return 1 if exit_code and any(difference) else 0


def between(old: str, new: str) -> Difference:
    """Compare all operations of two documents."""
    from plugin_gateway.cli.reading import read
    from plugin_gateway.lock.operation_changes import compare, compare_roots

    before, after = read(old), read(new)
    keys = dict.fromkeys((*before.operations, *after.operations))
    return Difference((*compare_roots(before, after), *compare(before, after, keys)))


def since(config: Path | None, old: str, revision: str) -> tuple[Difference, Location]:
    """Compare the document of now with the lock, with the lock of a git revision, or with another document."""
    from plugin_gateway.cli.building import build_to_show
    from plugin_gateway.cli.reading import read
    from plugin_gateway.lock.change import Change, Effect
    from plugin_gateway.lock.copy import LockedCopy
    from plugin_gateway.lock.locking import cut_as_far_as_valid
    from plugin_gateway.lock.operation_changes import compare, compare_roots
    from plugin_gateway.revision.new_lock import settings_of

    built = build_to_show(config)
    now = built.agreed.own or built.stages[0]
    copy = LockedCopy(document=read(old)) if old else _copy_at(built, revision) if revision else _copy_of_lock(built)
    before = copy.document
    allowed = [key for key in now.operations if key in _allowed(built)]
    keys = dict.fromkeys(allowed if old else (*before.operations, *allowed))
    upstream = [*compare_roots(before, now)]
    # An operation has drifted only if its pruned description changed.
    settings = settings_of(built.loaded.config)
    was, left = (
        cut_as_far_as_valid(one, tuple(key for key in keys if key in one.operations), settings) for one in (before, now)
    )
    invalid = {str(key) for key in keys if key in now.operations and key not in left.operations}
    upstream += (Change(name, "its part of the document is no longer valid", Effect.BREAKING) for name in invalid)
    # An operation that gateway.yaml allows only now is not new in the document.
    was_there = set(copy.names)
    upstream += (
        one
        for one in compare(was, left, keys)
        if one.operation not in invalid and (one.message != ADDED or one.operation not in was_there)
    )
    if copy.names:
        upstream += _elsewhere(copy.names, now, set(map(str, keys)))
    clients = () if old else _for_clients(before.operations, built)
    return Difference(tuple(upstream), tuple(clients)), built.loaded.locate(())


def _copy_of_lock(built: Built) -> LockedCopy:
    from plugin_gateway.lock.locking import find_drift
    from plugin_gateway.revision.lock_file import copy_path, load_copy, lock_path

    lock, file = built.agreed.lock, copy_path(built.loaded.source_path)
    if lock is None:
        missing = lock_path(built.loaded.source_path)
        raise UsageError(f"there is no {missing} to compare with: run `plugin-gateway lock`, or name a document")
    copy = load_copy(file)
    if copy is None:
        raise UsageError(f"{file} is missing or cannot be read: restore it from git, or run `plugin-gateway lock`")
    if any(find_drift(copy.document, lock, lock.operations)):
        raise UsageError(f"{file} is not the copy of this lock: restore both from git, or run `plugin-gateway lock`")
    return copy


def _copy_at(built: Built, revision: str) -> LockedCopy:
    """Read the locked copy of a git revision, or else the document if it is a file in git."""
    from plugin_gateway.cli.git import file_at
    from plugin_gateway.lock.copy import LockedCopy, read_copy
    from plugin_gateway.openapi.decode.text import decode
    from plugin_gateway.openapi.document import Document
    from plugin_gateway.revision.lock_file import copy_path

    file, source = copy_path(built.loaded.source_path), built.loaded.config.openapi
    if (text := file_at(revision, file)) is not None:
        return read_copy(text, f"{revision}:{file.name}")
    if not source.is_url and (text := file_at(revision, Path(source.source))) is not None:
        name = f"{revision}:{source.source}"
        root = decode(text, name)
        document = Document(root=root if isinstance(root, dict) else {}, name=name)
        allowed = _allowed(built)
        keys = [key for key in document.operations if key in allowed]
        return LockedCopy(document=cut_to(document, keys), names=tuple(map(str, document.operations)))
    raise UsageError(f"revision {revision} has neither {file.name} nor the document as a file")


def cut_to(document: Document, keys: Sequence[OperationKey]) -> Document:
    from plugin_gateway.openapi.prune.pruned import prune

    return prune(document, keys)


def _allowed(built: Built) -> set[tuple[str, str]]:
    return {(rule.method, rule.path_template) for rule in built.revision.rules}


def _elsewhere(names: Sequence[str], document: Document, compared: Container[str]) -> Iterator[Change]:
    """Tell of the operations that the gateway does not serve."""
    from plugin_gateway.lock.change import Change

    before, now = set(names), dict.fromkeys(map(str, document.operations))
    for verb, state, found in (
        ("added to", ", and closed here", [name for name in now if name not in before and name not in compared]),
        ("removed from", "", [name for name in names if name not in now and name not in compared]),
    ):
        if found:
            yield Change("", f"{_counted(found)} {verb} the document{state}: {_listed(found)}")


def _for_clients(before: Iterable[tuple[str, str]], built: Built) -> Iterator[Change]:
    from plugin_gateway.lock.change import Change, Effect

    now, before = _allowed(built), set(before)
    outcomes = {one.operation: one.outcome for one in built.revision.drifted}
    for key in sorted(before | now, key=lambda key: (key[1], key[0])):
        name = " ".join(key)
        outcome = outcomes.get(name)
        if key in before and key not in now:
            why = "it is quarantined" if outcome == "quarantined" else "the document or gateway.yaml no longer has it"
            yield Change(name, f"clients no longer see it: {why}", Effect.BREAKING)
        elif key in now and key not in before:
            yield Change(name, "clients see it now")
        elif outcome == "kept":
            yield Change(name, "clients see it as it was locked")
        elif outcome == "followed":
            yield Change(name, "clients see it as it is now")


def _counted(names: Sequence[str]) -> str:
    return f"{len(names)} operation{'s were' if len(names) != 1 else ' was'}"


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def show(difference: Difference) -> None:
    """Print a difference for a person."""
    if not any(difference):
        click.echo("nothing changed", err=True)
    for title, changes in (("upstream", difference.upstream), ("for clients", difference.clients)):
        if changes:
            click.echo(click.style(f"{title}:", bold=True))
        for change in changes:
            click.echo(f"  {change}")


def as_findings(changes: Iterable[Change], place: Location) -> Iterator[Finding]:
    from plugin_gateway.diagnostics import Finding, Severity
    from plugin_gateway.lock.change import Effect

    rules = {Effect.BREAKING: "breaking-change", Effect.STEERING: "text-change", Effect.HARMLESS: "change"}
    for change in changes:
        severity = Severity.NOTE if change.effect is Effect.HARMLESS else Severity.WARNING
        yield Finding(rule=rules[change.effect], severity=severity, message=str(change), location=place)
