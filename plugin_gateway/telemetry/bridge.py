"""The bridge: what modules and libraries tell Python's `logging` becomes lines of the gateway's own log.

A module deep down says `logging.getLogger("plugin_gateway.x").warning(…)` and knows of no log; an application that embeds
the gateway handles that as it likes, and a worker attaches this.
"""

from __future__ import annotations

import logging
import traceback
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from plugin_gateway.telemetry.log import Log

_ROOT: Final = "plugin_gateway"
_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "event", "taskName"}
_MOST_TRACEBACK: Final = 2000


class LogHandler(logging.Handler):
    """Writes each record as one line: its `extra` are the members, `event` among them is the event."""

    def __init__(self, log: Log) -> None:
        super().__init__()
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        if not self._log.takes(_level(record.levelno)):
            return
        # `logging` swallows nothing by itself: what a foreign `%s` raises must not reach who logged.
        try:
            message = record.getMessage()
            members = {name: value for name, value in vars(record).items() if name not in _STANDARD}
            members.setdefault("logger", record.name)
            if record.exc_info and record.exc_info[1] is not None:
                # The place, not the message: an exception's text may quote what a caller or an upstream sent.
                members["error"] = type(record.exc_info[1]).__name__
                members["traceback"] = _frames(record.exc_info[1])
            event: Any = getattr(record, "event", "log")
            self._log.event(_level(record.levelno), str(event), message.replace("\n", " "), **members)
        except Exception:  # noqa: BLE001
            self.handleError(record)


def attach(log: Log) -> LogHandler:
    """Send everything there from now on: our own lines from `info`, those of libraries from `warning`."""
    handler = LogHandler(log)
    logging.getLogger().addHandler(handler)
    logging.getLogger(_ROOT).setLevel(logging.DEBUG)
    return handler


def detach(handler: LogHandler) -> None:
    logging.getLogger().removeHandler(handler)


def _frames(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return " < ".join(f"{frame.name} {frame.filename}:{frame.lineno}" for frame in reversed(frames))[:_MOST_TRACEBACK]


def _level(number: int) -> str:
    if number >= logging.ERROR:
        return "error"
    if number >= logging.WARNING:
        return "warning"
    return "info" if number >= logging.INFO else "debug"
