"""Unused operations: operations without a call in the given records."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from plugin_gateway.cli.suggest import read_lines, tell_strange
from plugin_gateway.errors import UsageError
from plugin_gateway.observation.finder import Finder
from plugin_gateway.observation.records import read_calls

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugin_gateway.openapi.document import Document, OperationKey


def used_within(document: Document, records: Sequence[str], span_s: float) -> frozenset[OperationKey]:
    """Return the operations that the records have a call of since `span_s` ago. A call without a time counts.

    Raises:
        UsageError: there are no records, or they cannot be read.
    """
    if not records:
        raise UsageError(
            "name the access log with --records FILE (`-` is standard input), or set `audit.file` in the config"
        )
    since = time.time() - span_s
    used: set[OperationKey] = set()
    first: float | None = None
    strange = 0
    for call in read_calls(read_lines(records), Finder(document)):
        if call is None:
            strange += 1
            continue
        at = call.unix_time_s
        if at is not None and (first is None or at < first):
            first = at
        if call.key is not None and (at is None or at >= since):
            used.add(call.key)
    tell_strange(strange)
    if first is None:
        click.echo("the records have no times, so every call counts", err=True)
    elif first > since:
        begins = datetime.fromtimestamp(first, UTC).strftime("%Y-%m-%d %H:%M")
        click.echo(f"the records begin only at {begins} UTC", err=True)
    return frozenset(used)
