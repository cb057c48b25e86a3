"""The log: lines on standard error, as JSON or as text for people."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

import orjson

from plugin_gateway.telemetry.output import output_to
from plugin_gateway.telemetry.record import as_json, as_text, level_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugin_gateway.telemetry.output import Output
    from plugin_gateway.telemetry.record import AccessRecord

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


class Log:
    """Writes lines to one file descriptor.

    `format` is `json`, `text` or `auto`, which means text on a terminal and JSON otherwise. `level` is the lowest level
    written.
    """

    def __init__(self, *, format: str = "auto", level: str = "info", fd: int = 2) -> None:  # noqa: A002  # the config's own word
        self._fd = fd
        self._output: Output | None = None
        self._second = (0, "")
        self._dropped = self._lost_before = 0
        self.adopt(format=format, level=level)

    @property
    def lost(self) -> int:
        """The number of lines that could not be written, apart from the dropped records that `access` returned."""
        return self._dropped + self._lost_before + (self._output.lost if self._output is not None else 0)

    def adopt(self, *, format: str, level: str) -> None:  # noqa: A002  # the config's own word
        """Apply the log settings of a new revision."""
        self.is_json = format == "json" or (format == "auto" and not _is_terminal(self._fd))
        self._least = LEVELS[level]

    def takes(self, level: str) -> bool:
        return LEVELS[level] >= self._least

    def event(self, level: str, event: str, message: str, **members: Any) -> None:
        """Write one event of the gateway at once: a start, a reload, a worker that ended."""
        if not self.takes(level):
            return
        now = self.timestamp(time.time())
        if self.is_json:
            line = orjson.dumps(
                {"time": now, "level": level, "event": event, "message": message, **members},
                default=str,
                option=orjson.OPT_APPEND_NEWLINE,
            )
        else:
            if "traceback" in members:
                message += f" ({members.get('error')}: {members['traceback']})"
            line = f"{now} {level:7} {_printable(message)}\n".encode(errors="backslashreplace")
        if not self._put(line):
            self._dropped += 1

    def access(self, records: Sequence[AccessRecord]) -> int:
        """Write a batch of access records; return how many were dropped because the log's reader is too slow."""
        wanted = records
        if self._least > LEVELS["info"]:
            wanted = [record for record in records if LEVELS[level_of(record)] >= self._least]
        if not wanted:
            return 0
        timestamp = self.timestamp
        if self.is_json:
            text = "".join([as_json(record, timestamp) for record in wanted])
        else:
            text = "".join([as_text(record, timestamp) + "\n" for record in wanted])
        batch = text.encode(errors="backslashreplace")
        return 0 if self._put(batch) else len(wanted)

    def close(self, timeout_s: float = 2.0) -> None:
        """Write the waiting lines, for at most `timeout_s`."""
        output, self._output = self._output, None
        if output is not None:
            output.close(timeout_s)
            self._lost_before += output.lost

    def retry(self) -> None:
        """Write the lines that the log's reader did not accept yet. A process that logs seldom calls this now and then."""
        if self._output is not None:
            self._output.write(b"")

    def _put(self, lines: bytes) -> bool:
        if self._output is None:
            self._output = output_to(self._fd)
        return self._output.write(lines)

    def timestamp(self, at: float) -> str:
        """Return a time in Unix seconds as the log writes it (RFC 3339)."""
        second, fraction = divmod(at, 1)
        held, text = self._second
        if held != second:
            text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
            self._second = (int(second), text)
        return f"{text}.{int(fraction * 1000):03d}Z"


def _is_terminal(fd: int) -> bool:
    try:
        return os.isatty(fd)
    except OSError:
        return False


def _printable(message: str) -> str:
    """Return a message without control characters that a terminal would obey. Reports keep their line breaks."""
    return "".join(one if one.isprintable() or one == "\n" else "·" for one in message)
