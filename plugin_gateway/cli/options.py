"""The options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import click

from plugin_gateway import methods
from plugin_gateway.cli.suggestions import suggest_consumers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Decorated = TypeVar("Decorated", bound=Callable[..., object])


SEEN: Final = "seen.jsonl"
"""The file that `observe` writes and `suggest` reads by default."""


def checked_address(ctx: click.Context, param: click.Parameter, value: str) -> str:
    """Return an address in its normal form, as an option's callback."""
    from plugin_gateway.config.address import parse_address
    from plugin_gateway.config.mistake import Mistake

    try:
        return str(parse_address(value)) if value else ""
    except Mistake as mistake:
        raise click.BadParameter(f"{value!r}: {mistake.message}; {mistake.hint}", ctx, param) from mistake


def checked_duration(ctx: click.Context, param: click.Parameter, value: str | None) -> float | None:
    """Return a duration in seconds, as an option's callback."""
    from plugin_gateway.config.mistake import Mistake
    from plugin_gateway.config.units import parse_duration

    try:
        return None if value is None else parse_duration(value)
    except Mistake as mistake:
        raise click.BadParameter(f"{value!r}: {mistake.message}; {mistake.hint}", ctx, param) from mistake


def checked_size(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    """Return a size in bytes, as an option's callback."""
    from plugin_gateway.config.mistake import Mistake
    from plugin_gateway.config.units import parse_size

    try:
        return None if value is None else parse_size(value)
    except Mistake as mistake:
        raise click.BadParameter(f"{value!r}: {mistake.message}; {mistake.hint}", ctx, param) from mistake


def operations_in(words: Sequence[str]) -> list[str]:
    """Return the operations that words name, each once. `GET /pets` may be two words: an unquoted method and its path."""
    names: list[str] = []
    for word in (" ".join(word.split()) for word in words):
        if names and word.startswith("/") and names[-1].upper() in methods.KNOWN:
            names[-1] += f" {word}"
        else:
            names.append(word)
    return list(dict.fromkeys(names))


def config_option(function: Decorated) -> Decorated:
    """Add `-c/--config`; `find_config` finds the default."""
    return click.option(
        "-c",
        "--config",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="The config file; `-` is standard input.  [default: $PLUGIN_GATEWAY_CONFIG, else ./gateway.yaml]",
    )(function)


def as_option(text: str) -> Callable[[Decorated], Decorated]:
    """Add `--as`, the name of a consumer; `text` is its help."""
    return click.option("--as", "consumer", default="", metavar="NAME", shell_complete=suggest_consumers, help=text)
