"""The console of one gateway: when it is on, its key file, and the link to it."""

from __future__ import annotations

import os
from contextlib import suppress
from secrets import token_urlsafe
from typing import TYPE_CHECKING

from plugin_gateway.config.address import is_this_machine
from plugin_gateway.config.find import STANDARD_INPUT, find_config
from plugin_gateway.console.app import Console
from plugin_gateway.console.key_file import remove_key, write_key
from plugin_gateway.errors import ConfigError
from plugin_gateway.reports.writable import why_read_only
from plugin_gateway.server.approval_log import url_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from plugin_gateway.config.address import Address
    from plugin_gateway.config.console import ConsoleMode
    from plugin_gateway.console.app import Power
    from plugin_gateway.console.handler import Handler
    from plugin_gateway.telemetry import Log


class ConsoleOfGateway:
    """Turns the console on and off as each revision says."""

    def __init__(self, handlers: Iterable[Handler], log: Log) -> None:
        self.console = Console(handlers)
        self._log = log
        self._admin: Address | None = None
        self._key_file: Path | None = None

    def adopt(self, mode: ConsoleMode, admin: Address | None) -> None:
        """Do as the config of the current revision says. `admin` is where the gateway listens, whatever the config says now."""
        self._admin = admin
        self.console.power = power_of(mode, admin)
        if self.console.power != "off" and not self.console.key and admin is not None:
            self.console.key = token_urlsafe(32)
            try:
                self._key_file = write_key(self.console.key, admin, os.environ)
            except OSError as error:
                message = f"`plugin-gateway console` will not work, because its key cannot be written: {error}"
                self._log.event("warning", "console-key-failed", message)

    @property
    def url(self) -> str:
        """The URL of the console for a person on this machine; empty if the console is off."""
        return f"{self._base()}/console/" if self.console.power != "off" else ""

    def link(self) -> str:
        """Return a link that enters the console once; empty if the console is off."""
        return self._base() + self.console.link() if self.console.power != "off" else ""

    def _base(self) -> str:
        # A person reaches a Unix socket by a port that is forwarded to it.
        return (url_of(self._admin) if self._admin is not None else "") or "http://localhost"

    def why_read_only(self, config: Path | None, revision_file: Path | None) -> str:
        """Return why the console cannot save; empty if it can."""
        if self.console.power != "write":
            return "`console` in gateway.yaml does not let it write"
        if revision_file is not None:
            return f"the gateway serves {revision_file}, which has its config"
        return why_read_only(config)

    def close(self) -> None:
        if self._key_file is not None:
            remove_key(self._key_file, self.console.key)


def config_file(config: Path | None, text: str | None, revision_file: Path | None) -> Path | None:
    """Return the file that the config comes from, if it is a file."""
    if text is not None:
        return STANDARD_INPUT
    with suppress(ConfigError):
        return find_config(config, environ=os.environ) if revision_file is None else None
    return None  # the compile says what is wrong


def power_of(mode: ConsoleMode, admin: Address | None) -> Power:
    """Return what the console may do. If the config does not say, it is on where only this machine reaches it."""
    if admin is None:
        return "off"
    if mode == "default":
        return "write" if not admin.socket and is_this_machine(admin.host) else "off"
    return mode
