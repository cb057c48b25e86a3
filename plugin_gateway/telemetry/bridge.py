"""The bridge: what modules and libraries tell Python's `logging`, its warnings and its hooks becomes lines of the gateway's log.

A module deep down says `logging.getLogger("plugin_gateway.x").warning(…)` and knows of no log; an application that embeds
the gateway handles that as it likes, and a worker attaches this.
"""

from __future__ import annotations

import contextlib
import logging
import sys
import threading
import traceback
from typing import TYPE_CHECKING, Any, Final

from plugin_gateway.errors import GatewayError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugin_gateway.telemetry.log import Log

_ROOT: Final = "plugin_gateway"
_logger = logging.getLogger("plugin_gateway.process")
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
    # What Python would write to standard error as text, between the lines of the log.
    logging.captureWarnings(capture=True)
    threading.excepthook = _told_by_a_thread
    sys.unraisablehook = _told_by_the_collector
    return handler


def detach(handler: LogHandler) -> None:
    """Hear nothing any more."""
    logging.getLogger().removeHandler(handler)
    logging.captureWarnings(capture=False)
    threading.excepthook = threading.__excepthook__
    sys.unraisablehook = sys.__unraisablehook__


@contextlib.contextmanager
def telling(log: Log) -> Iterator[None]:
    """Attach the log, and close it at the end; an error that is a mistake of ours is its last line, and ends the process."""
    handler = attach(log)
    try:
        yield
    except GatewayError:
        raise
    except Exception as error:  # whatever it is, Python would write it to standard error as text
        _logger.critical("a mistake in plugin-gateway ends this process", exc_info=error, extra={"event": "crashed"})
        raise SystemExit(1) from None
    finally:
        detach(handler)
        log.close()


def _told_by_a_thread(told: threading.ExceptHookArgs) -> None:
    name = told.thread.name if told.thread else ""
    _logger.error("the thread %s ended with an error", name, exc_info=told.exc_value, extra={"event": "crashed"})


def _told_by_the_collector(told: sys.UnraisableHookArgs) -> None:
    _logger.error("an error could not be raised", exc_info=told.exc_value, extra={"event": "unraisable"})


def _frames(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return " < ".join(f"{frame.name} {frame.filename}:{frame.lineno}" for frame in reversed(frames))[:_MOST_TRACEBACK]


def _level(number: int) -> str:
    if number >= logging.ERROR:
        return "error"
    if number >= logging.WARNING:
        return "warning"
    return "info" if number >= logging.INFO else "debug"
