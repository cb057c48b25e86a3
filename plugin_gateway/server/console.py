"""The console of one gateway: its parts, when it is on, its key file, and the link to it."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from secrets import token_bytes, token_urlsafe
from time import time
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from plugin_gateway.config.address import is_this_machine
from plugin_gateway.config.find import STANDARD_INPUT, find_config
from plugin_gateway.console.app import Console
from plugin_gateway.console.approvals import approvals_handlers
from plugin_gateway.console.calls import calls_handler
from plugin_gateway.console.config_state import ConfigState
from plugin_gateway.console.key_file import remove_key, write_key
from plugin_gateway.console.mark import KEY_BYTES
from plugin_gateway.console.standing import Standing, standing_handlers
from plugin_gateway.console.traffic_stream import traffic_handler
from plugin_gateway.console.workshop import Workshop
from plugin_gateway.console.workshop_handlers import workshop_handlers
from plugin_gateway.errors import ConfigError
from plugin_gateway.reports.writable import MAY_NOT_WRITE, why_read_only
from plugin_gateway.server.approval_log import url_of
from plugin_gateway.server.feed_line import TrafficLine
from plugin_gateway.telemetry.call_history import CallHistory
from plugin_gateway.telemetry.traffic import Traffic

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping
    from pathlib import Path
    from typing import Any

    from plugin_gateway.approvals.registry import Registry
    from plugin_gateway.config.address import Address
    from plugin_gateway.config.console import ConsoleMode
    from plugin_gateway.console.app import Power
    from plugin_gateway.console.workshop_handlers import Reloading
    from plugin_gateway.endpoints.admin import Health
    from plugin_gateway.endpoints.approvals import ApprovalsApi
    from plugin_gateway.reload.outcome import Compiled
    from plugin_gateway.server.channel import OnUnasked
    from plugin_gateway.server.start import ServeOptions
    from plugin_gateway.telemetry import Log, Series


_FORWARDED: Final = "http://localhost:8081"
"""Where a person reaches a Unix socket, if a port is forwarded to it as the documentation says."""


class ConsoleOfGateway:
    """Turns the console on and off as each revision says, and keeps what it shows: the traffic, the calls, and gateway.yaml."""

    def __init__(
        self,
        options: ServeOptions,
        overrides: Mapping[str, str],
        log: Log,
        watch: Callable[[bool], object],
        reloading: Reloading,
    ) -> None:
        """Take the options of the start. `watch` tells the workers whether a person looks at the traffic."""
        self._reloading = reloading
        mark_key = token_bytes(KEY_BYTES)
        self.config = ConfigState(config_file(options), mark_key)
        self.traffic = Traffic(watch)
        self.console = Console(ended=self.traffic.wake)
        self._calls = CallHistory()
        self._workshop = Workshop(options.config, overrides, options.text, options.revision_file, mark_key=mark_key)
        self._revision_file = options.revision_file
        self._log = log
        self._compiled: Compiled | None = None
        self._key_file: Path | None = None
        self._why_no_key = ""

    def routes(
        self,
        api: ApprovalsApi,
        registry: Callable[[], Registry],
        health: Callable[[], Health],
        series: Callable[[], Awaitable[Series]],
    ) -> Iterable[Any]:
        """Return the routes of the console, whose handlers ask the rest of the supervisor."""
        self.console.handlers = (
            *workshop_handlers(self._workshop, lambda: self.console.power == "write", self._reloading),
            *standing_handlers(lambda: self._standing(health(), registry().pending), series),
            traffic_handler(self.traffic),
            calls_handler(self._calls),
            *approvals_handlers(api),
        )
        return self.console.routes()

    def line(self, others: OnUnasked) -> OnUnasked:
        """Return the receiver of the workers' messages: the traffic takes the records, and `others` the rest."""
        return TrafficLine(self.traffic, others).take

    def count(self, series: Series) -> None:
        """Count the calls of all workers for the last day."""
        self._calls.add(series, self._compiled.called_by_id if self._compiled is not None else {}, time())

    def adopt(self, compiled: Compiled, admin: Address | None) -> None:
        """Apply the current revision. `admin` is where the gateway listens; the config may name another address by now."""
        self._compiled = compiled
        self.console.base = base_of(admin) if admin is not None else ""
        power = power_of(compiled.console, admin)
        if power != "off" and admin is not None and not self._has_key(admin) and compiled.console == "default":
            # In a container with a read-only file system, a console by default is useless: no person could enter it.
            power = "off"
        self.console.power = power
        if power != "off" and self._why_no_key:
            message = f"`plugin-gateway console` will not work, because its key cannot be written: {self._why_no_key}"
            self._log.event("warning", "console-key-failed", message)

    def _has_key(self, admin: Address) -> bool:
        """Write the key file, unless it is there. Services that clean the temporary folder take an old file away."""
        if self._key_file is None or not self._key_file.exists():
            key = self.console.key or token_urlsafe(32)
            try:
                self._key_file = write_key(key, admin, os.environ)
            except OSError as error:
                self._why_no_key = str(error)
                return False
            self.console.key, self._why_no_key = key, ""
        return True

    @property
    def url(self) -> str:
        """The URL of the console for a person on this machine; empty if the console is off."""
        return f"{self.console.base or _FORWARDED}/console/" if self.console.power != "off" else ""

    def link(self) -> str:
        """Return a link that enters the console once; empty if the console is off."""
        return (self.console.base or _FORWARDED) + self.console.link() if self.console.power != "off" else ""

    def _standing(self, health: Health, pending: int) -> Standing:
        compiled = self._compiled
        return Standing(
            health=health,
            config=self.config,
            why_read_only=self.why_read_only(),
            approvals=pending,
            public_url=compiled.public_url if compiled else "",
            limits=compiled.limits if compiled else {},
        )

    def why_read_only(self) -> str:
        """Return why the console cannot save; empty if it can."""
        if self.console.power != "write":
            return MAY_NOT_WRITE
        if self._revision_file is not None:
            return f"the gateway serves {self._revision_file}, which contains its config"
        return why_read_only(self.config.path)

    async def close(self) -> None:
        self.traffic.close()
        await self._workshop.close()
        if self._key_file is not None:
            remove_key(self._key_file, self.console.key)


def config_file(options: ServeOptions) -> Path | None:
    """Return the file that the config comes from, if it is a file."""
    if options.text is not None:
        return STANDARD_INPUT
    with suppress(ConfigError):
        return find_config(options.config, environ=os.environ) if options.revision_file is None else None
    return None  # the compile reports the reason


def base_of(admin: Address) -> str:
    """Return the URL of the listener, without a name: the console does not answer to names."""
    if not admin.host or admin.host == "localhost":
        return url_of(admin)
    with suppress(OSError):
        return url_of(replace(admin, host=str(socket.getaddrinfo(admin.host, None, type=socket.SOCK_STREAM)[0][4][0])))
    return url_of(admin)


def power_of(mode: ConsoleMode, admin: Address | None) -> Power:
    """Return what the console may do. By default it is on if only this machine can reach it."""
    if admin is None:
        return "off"
    if mode == "default":
        return "write" if is_this_machine(admin.host) else "off"
    return mode
