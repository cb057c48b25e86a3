"""The options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    Decorated = TypeVar("Decorated", bound=Callable[..., object])


def config_option(function: Decorated) -> Decorated:
    """Add `-c/--config`. Not given, the file is $PLUGIN_GATEWAY_CONFIG, else ./gateway.yaml, else there is none."""
    return click.option(
        "-c",
        "--config",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="The config.  [default: $PLUGIN_GATEWAY_CONFIG, else ./gateway.yaml]",
    )(function)
