"""The start of a gateway: the options that it gets, and how it ends, with the facts for the banner or with findings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from plugin_gateway.errors import FindingsError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from plugin_gateway.config.address import Address
    from plugin_gateway.reload.outcome import Compiled, Refused
    from plugin_gateway.server.process import Front


class ServeOptions(Struct, frozen=True, kw_only=True):
    """The options of the command line. An empty address means the one in gateway.yaml."""

    config: Path | None = None
    text: str | None = None
    """The config, if it came from standard input."""
    revision_file: Path | None = None
    """The file to serve instead of a config."""
    listen: str = ""
    admin: str = ""
    metrics: str = ""
    workers: int = 1
    front: Front = "connection"
    log_level: str = ""
    wait_s: float | None = None
    """How long to wait for a document whose server does not answer; None means without a limit."""
    drain_delay_s: float = 0.0
    """How long to take calls after SIGTERM, while `/readyz` says that the gateway is not ready."""
    drain_timeout_s: float = 10.0
    """How long calls in flight may run after that."""


class Started(Struct, frozen=True, kw_only=True):
    """The facts for the banner: the first revision, the addresses with their ports, and how long the start took."""

    compiled: Compiled
    listen: Address
    admin: Address | None
    metrics: Address | None
    workers: int
    took_s: float
    console: str = ""
    """The URL of the console; empty if it is off."""
    link: Callable[[], str] = str
    """Returns a new link that enters the console once."""


class RefusedError(FindingsError):
    """The config or the document is wrong; `check` would print `report` about it."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.findings)
        self.report = refused.report
