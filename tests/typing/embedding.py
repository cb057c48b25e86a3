"""What a program that embeds the gateway may write. mypy reads this file; it is never run.

An ignore stands where mypy must complain: it warns of one that is not needed.
"""

from pathlib import Path
from typing import assert_type

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp

import plugin_gateway
from plugin_gateway.app import embed
from plugin_gateway.diagnostics import Finding
from plugin_gateway.errors import ConfigError, DocumentError, GatewayError
from plugin_gateway.telemetry import AccessRecord

assert_type(plugin_gateway.__version__, str)


def mounts_it(config: Path) -> Starlette:
    app = embed(config)
    assert_type(app, ASGIApp)
    return Starlette(routes=[Mount("/api", app=app)])


def keeps_records(config: Path) -> list[AccessRecord]:
    records: list[AccessRecord] = []
    embed(config, on_record=records.append)
    return records


def says_what_is_wrong(config: Path) -> tuple[Finding, ...]:
    try:
        embed(config)
    except (ConfigError, DocumentError) as error:
        assert_type(error.findings, tuple[Finding, ...])
        return error.findings
    return ()


def catches_everything_that_the_gateway_raises(config: Path) -> str:
    try:
        embed(config)
    except GatewayError as error:
        return str(error)
    return ""


def mistakes(config: Path) -> None:
    embed("gateway.yaml")  # type: ignore[arg-type]  # a path, not a text
    embed(config, print)  # type: ignore[call-arg]  # by name only
    embed(config, on_record=str.upper)  # type: ignore[arg-type]  # it gets a record
    plugin_gateway.__version__ = 1  # type: ignore[assignment]
