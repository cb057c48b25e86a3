"""`suggest`: writes the smallest gateway.yaml that permits the calls in some records."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import click

from plugin_gateway.cli.options import SEEN, config_option
from plugin_gateway.diagnostics import Pointer, Severity
from plugin_gateway.errors import FindingsError, UsageError
from plugin_gateway.text.readable import readable
from plugin_gateway.text.system_reason import reason_of

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Sequence

    from plugin_gateway.diagnostics import Finding
    from plugin_gateway.observation.records import SeenCall
    from plugin_gateway.openapi.document import Document, Operation, OperationKey

_MOST_SHOWN: Final = 10
_MOST_UNKNOWN: Final = 1_000
_MOST_BEFORE_OBSERVED: Final = 100
"""Lines before the one in which `observe` names the API."""


@click.command()
@config_option
@click.argument("files", metavar="[FILE]...", nargs=-1)
@click.option(
    "--source", default="", metavar="SPEC", help="The API's document. It overrides the records and the config."
)  # fmt: skip
@click.option("--upstream", default="", metavar="URL", help="The API's URL. It overrides the records and the config.")
def command(config: Path | None, files: tuple[str, ...], source: str, upstream: str) -> int:
    """Print the smallest gateway.yaml that permits the calls in the records FILE; `-` is standard input.

    FILE is an output file of `observe` (by default seen.jsonl), the gateway's own access log (JSON) or audit, or another
    server's access log (common or combined format). From a file of `observe`, the command also hides the optional parameters
    that no call had, and keeps only the fields that replies had. From another server's log, it omits an operation if every call
    was refused (401, 403, 404, 405).

    Exit status: 0 if an operation was seen, 1 if not.
    """
    from plugin_gateway.cli.draft import draft
    from plugin_gateway.cli.init import as_written
    from plugin_gateway.cli.suggestion import NARROWING, answered, lines_of
    from plugin_gateway.config.mistake import Mistake
    from plugin_gateway.config.url import parse_upstream_url
    from plugin_gateway.edit.tidy import tidy
    from plugin_gateway.observation.finder import Finder
    from plugin_gateway.observation.records import observed_in, read_calls
    from plugin_gateway.observation.usage import usage_of

    lines = read_lines(files or default_files())
    first = [*islice(lines, _MOST_BEFORE_OBSERVED)]
    observed = observed_in(first)
    about = find_api(
        config, source or (observed.openapi if observed else ""), upstream or (observed.upstream if observed else "")
    )
    document = about.document
    try:
        prefix = parse_upstream_url(about.upstream).prefix if about.upstream else ""
    except Mistake as mistake:
        raise UsageError(f"{about.upstream} is not the URL of an API: {mistake.message}") from mistake
    left_out = UnusedRecords()
    usage = usage_of(left_out.sift(read_calls(chain(first, lines), Finder(document, prefix))))
    used = answered(usage)
    left_out.tell([str(key) for key in usage if key not in used])
    if not used:
        click.echo("no operation of the document was seen", err=True)
        return 1
    for key, one in used.items():
        if undeclared := one.undeclared(document.operations[key], document):
            names = ", ".join(readable(name, kept="") for name in undeclared)
            click.echo(
                f"{key} was called with the query parameter {names}, which the document does not declare", err=True
            )
        if one.has_undeclared_fields():
            click.echo(
                f"replies of {key} have members that the document does not declare; `keep` leaves them out", err=True
            )
    operations = [document.operations[key] for key in document.operations if key in used]

    def written(keys: Sequence[str], comments: Container[tuple[OperationKey, str]]) -> str:
        entries = lines_of(document, used, keys, comments)
        source = as_written(about.source, Path("gateway.yaml"))
        return tidy(draft(document, source, operations, entry_lines=entries, url=about.upstream).text, {})

    keys = list(NARROWING)
    comments: dict[tuple[OperationKey, str], str] = {}
    while refused := refusals_of(text := written(keys, comments)):
        found = {
            part: one.message
            for one in refused
            if (part := _part_of(one.pointer, operations)) is not None and part not in comments
        }
        if found:
            comments |= found
        elif keys:
            click.echo(
                f"`{keys.pop()}` is commented out, because `check` would refuse it: {refused[0].message}", err=True
            )
        else:
            break
    for (key, word), message in comments.items():
        click.echo(f"`{word}` of {key} is commented out, because `check` would refuse it: {message}", err=True)
    click.echo(text, nl=False)
    return 0


class Api(NamedTuple):
    """The API that the records are about."""

    source: str
    upstream: str
    document: Document


def find_api(config: Path | None, source: str, upstream: str) -> Api:
    """Read the document that the command line, the records or the config name.

    Raises:
        GatewayError: there is no document, or it cannot be read.
    """
    from plugin_gateway.cli.building import load_to_show
    from plugin_gateway.cli.reading import read

    if source:
        return Api(source, upstream, read(source))
    loaded, document = load_to_show(config)
    return Api(loaded.config.openapi.source, upstream or str(loaded.config.upstream.url), document)


def default_files() -> tuple[str, ...]:
    """Return the file that `observe` writes by default.

    Raises:
        UsageError: it is not there.
    """
    if Path(SEEN).is_file():
        return (SEEN,)
    raise UsageError(f"there is no {SEEN}: name the records, or `-` for standard input")


def read_lines(files: Iterable[str]) -> Iterator[str]:
    """Yield the lines of files.

    Raises:
        UsageError: a file cannot be read.
    """
    for name in files:
        try:
            with nullcontext(sys.stdin.buffer) if name == "-" else Path(name).open("rb") as file:
                for line in file:
                    yield line.decode("utf-8", "replace")
        except OSError as error:
            raise UsageError(f"cannot read {name}: {reason_of(error)}") from error


class UnusedRecords:
    """The records that a suggestion does not use."""

    def __init__(self) -> None:
        self._unknown: dict[str, None] = {}
        self._strange = 0

    def sift(self, calls: Iterable[SeenCall | None]) -> Iterator[SeenCall]:
        """Yield the calls of operations of the document, and note the others."""
        for call in calls:
            if call is None:
                self._strange += 1
            elif call.key is not None:
                yield call
            elif len(self._unknown) < _MOST_UNKNOWN:
                self._unknown[call.shown] = None

    def tell(self, refused: Sequence[str]) -> None:
        """Say what was left out, and why."""
        for what, names in (
            ("not in the document", [*self._unknown]),
            ("not suggested, because every call was refused", refused),
        ):
            if names:
                more = f" and {len(names) - _MOST_SHOWN} more" if len(names) > _MOST_SHOWN else ""
                click.echo(
                    f"{what}: {', '.join(readable(name, kept='') for name in names[:_MOST_SHOWN])}{more}", err=True
                )
        tell_strange(self._strange)


def tell_strange(count: int) -> None:
    """Say how many lines cannot be read."""
    if count:
        click.echo(f"{count} line{'s' * (count != 1)} of the records cannot be read", err=True)


def refusals_of(text: str) -> list[Finding]:
    """Return why `serve` would refuse a config; nothing if it would not."""
    from plugin_gateway.config.load import load_text
    from plugin_gateway.revision.build import build

    try:
        build(load_text(text, path=Path("gateway.yaml"), environ={}, needs_secrets=False))
    except FindingsError as error:
        return [one for one in error.findings if one.severity is Severity.ERROR]
    return []


def _part_of(pointer: Pointer | None, operations: Sequence[Operation]) -> tuple[OperationKey, str] | None:
    """Return the operation and the word of its entry that a finding is about."""
    match pointer or ():
        case ("allow", int(index), "parameters" | "response" as word, *_) if index < len(operations):
            return operations[index].key, str(word)
    return None
