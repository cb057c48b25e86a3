"""The bridge: writes `logging` records, warnings and uncaught exceptions as lines of the gateway's log.

A module calls `logging.getLogger("plugin_gateway.x").warning(…)` and does not know the gateway's log. A worker attaches
this bridge; an application that embeds the gateway handles these records with its own handlers.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import sys
import threading
import traceback
from typing import TYPE_CHECKING, Any, Final

from plugin_gateway.errors import GatewayError
from plugin_gateway.text.system_reason import reason_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugin_gateway.telemetry.log import Log

_ROOT: Final = "plugin_gateway"
_logger = logging.getLogger("plugin_gateway.process")
_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "event", "taskName"}
_MOST_TRACEBACK: Final = 2000
_EXHAUSTED: Final = {
    errno.EMFILE: "raise the limit of open files (`ulimit -n`, `LimitNOFILE=` of systemd)",
    errno.ENFILE: "raise `fs.file-max`, or close files of other processes",
    errno.ENOMEM: "give it more memory, or start fewer workers",
    errno.EAGAIN: "raise the limit of processes (`ulimit -u`, `TasksMax=` of systemd)",
}
"""What the system can run out of, and how to give the gateway more."""


class LogHandler(logging.Handler):
    """Writes each record as one line. The record's `extra` become members; `event` in them names the event."""

    def __init__(self, log: Log) -> None:
        super().__init__()
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        if not self._log.takes(_level(record.levelno)):
            return
        # An error while formatting the record must not reach the code that logged it.
        try:
            message = record.getMessage()
            members = {name: value for name, value in vars(record).items() if name not in _STANDARD}
            members.setdefault("logger", record.name)
            if record.exc_info and record.exc_info[1] is not None:
                # Log where the error happened but not its text, which may quote a client or an upstream.
                members["error"] = type(record.exc_info[1]).__name__
                members["traceback"] = _frames(record.exc_info[1])
            event: Any = getattr(record, "event", "log")
            self._log.event(_level(record.levelno), str(event), message.replace("\n", " "), **members)
        except Exception:  # noqa: BLE001  # a `logging.Handler` reports each failure to `handleError`
            self.handleError(record)


def attach(log: Log) -> LogHandler:
    """Send log records to `log` from now on: the gateway's at every level, a library's from `warning`."""
    handler = LogHandler(log)
    logging.getLogger().addHandler(handler)
    logging.getLogger(_ROOT).setLevel(logging.DEBUG)
    # Python would write these to standard error as plain text, between the lines of the log.
    logging.captureWarnings(capture=True)
    threading.excepthook = _log_thread_error
    sys.unraisablehook = _log_unraisable
    return handler


def detach(handler: LogHandler) -> None:
    """Undo `attach`."""
    logging.getLogger().removeHandler(handler)
    logging.captureWarnings(capture=False)
    threading.excepthook = threading.__excepthook__
    sys.unraisablehook = sys.__unraisablehook__


@contextlib.contextmanager
def telling(log: Log) -> Iterator[None]:
    """Attach the log and close it at the end. Log an unexpected error as the last line and exit with status 1."""
    handler = attach(log)
    try:
        yield
    except GatewayError:
        raise
    except OSError as error:
        if error.errno not in _EXHAUSTED:
            _crashed(error)
        else:
            message = f"the system has too little for this process: {reason_of(error)}; {_EXHAUSTED[error.errno]}"
            _logger.critical("%s", message, extra={"event": "exhausted"})
        raise SystemExit(1) from None
    except Exception as error:  # noqa: BLE001  # Python would print it to standard error as plain text
        _crashed(error)
        raise SystemExit(1) from None
    finally:
        detach(handler)
        log.close()


def _crashed(error: Exception) -> None:
    _logger.critical("a bug in plugin-gateway ended this process", exc_info=error, extra={"event": "crashed"})


def _log_thread_error(args: threading.ExceptHookArgs) -> None:
    name = args.thread.name if args.thread else ""
    _logger.error("the thread %s ended with an error", name, exc_info=args.exc_value, extra={"event": "crashed"})


def _log_unraisable(args: sys.UnraisableHookArgs) -> None:
    _logger.error("Python could not raise an error", exc_info=args.exc_value, extra={"event": "unraisable"})


def _frames(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return " < ".join(f"{frame.name} {frame.filename}:{frame.lineno}" for frame in reversed(frames))[:_MOST_TRACEBACK]


def _level(number: int) -> str:
    if number >= logging.ERROR:
        return "error"
    if number >= logging.WARNING:
        return "warning"
    return "info" if number >= logging.INFO else "debug"
