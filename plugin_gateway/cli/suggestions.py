"""Suggestions: the completions that a shell offers for a word that names an operation of the document."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from plugin_gateway.errors import GatewayError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import click
    from click.shell_completion import CompletionItem

    from plugin_gateway.openapi.document import Operation

_MOST: Final = 500
_PATIENCE_S: Final = 2.0


# ruff: noqa: ARG001  # click calls each with all three


def suggest_operations(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer operationIds, with their method and path as help."""
    named = {one.operation_id: str(one.key) for one in _operations(ctx) if one.operation_id}
    return _beginning_with(incomplete, named)


def suggest_allowed(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the operationIds of the operations that the config allows."""
    from plugin_gateway.cli.building import load_allowed

    try:
        document, kept = load_allowed(ctx.params.get("config"))
    except (GatewayError, OSError):
        return []
    named = {document.operations[key].operation_id or "": str(key) for key in kept}
    return _beginning_with(incomplete, {name: key for name, key in named.items() if name})


def suggest_consumers(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the names of `consumers`."""
    from plugin_gateway.cli.building import load_to_show

    try:
        loaded, _ = load_to_show(ctx.params.get("config"))
    except (GatewayError, OSError):
        return []
    return _beginning_with(incomplete, {consumer.name: "" for consumer in loaded.config.consumers})


def suggest_methods(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the methods that the document has."""
    return _beginning_with(incomplete.upper(), {one.key.method: "" for one in _operations(ctx)})


def suggest_paths(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the path templates that have the method before them."""
    method = str(ctx.params.get("method") or "").upper()
    named = {one.key.path: one.operation_id or "" for one in _operations(ctx) if one.key.method == method}
    return _beginning_with(incomplete, named)


def _operations(ctx: click.Context) -> list[Operation]:
    """Read the document that the command line names so far; on an error, offer nothing."""
    source = ctx.params.get("source") or ctx.params.get("spec")
    if source == "-":
        return []
    try:
        if source:
            from plugin_gateway.openapi.read.source import read_document

            return list(read_document(str(source), timeout_s=_PATIENCE_S).operations.values())
        from plugin_gateway.cli.building import load_to_show

        return list(load_to_show(ctx.params.get("config"))[1].operations.values())
    except (GatewayError, OSError):
        return []


def _beginning_with(incomplete: str, named: Mapping[str, str]) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    found = (name for name in named if name.startswith(incomplete) and name.isprintable() and " " not in name)
    return [CompletionItem(name, help=named[name] or None) for name in islice(found, _MOST)]
