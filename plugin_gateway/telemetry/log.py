"""The log: lines on standard error, as JSON or for people, written aside so that a slow reader stops no call."""

from __future__ import annotations

import contextlib
import os
import queue
import stat
import threading
import time
from typing import TYPE_CHECKING, Any

import orjson

from plugin_gateway.telemetry.record import as_json, as_text, level_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugin_gateway.telemetry.record import AccessRecord

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}
MAX_WAITING_BATCHES = 64
"""Batches that wait for a reader of the log; beyond, lines are dropped and counted rather than memory filled."""

ATOMIC_BYTES = 4096
"""PIPE_BUF on Linux: a write to a pipe of at most so much is not mixed with another worker's."""


class Log:
    """Writes lines to one file descriptor. `format` is `json`, `text`, or `auto`: text on a terminal. `level` is the least that is written.

    `lost` counts the lines that could not be written.
    """

    def __init__(self, *, format: str = "auto", level: str = "info", fd: int = 2) -> None:  # noqa: A002  # the config's own word
        self._fd = fd
        self._is_file = _is_file(fd)
        self._waiting: queue.Queue[bytes | None] = queue.Queue(MAX_WAITING_BATCHES)
        self._writer: threading.Thread | None = None
        self._second = (0, "")
        self.lost = 0
        self.adopt(format=format, level=level)

    def adopt(self, *, format: str, level: str) -> None:  # noqa: A002  # the config's own word
        """Take over what a new revision says about the log."""
        self.is_json = format == "json" or (format == "auto" and not _is_terminal(self._fd))
        self._least = LEVELS[level]

    def takes(self, level: str) -> bool:
        return LEVELS[level] >= self._least

    def event(self, level: str, event: str, message: str, **members: Any) -> None:
        """Write one line of the gateway's own at once: a start, a reload, a worker that ended."""
        if not self.takes(level):
            return
        now = self._timestamp(time.time())
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
            self.lost += 1

    def access(self, records: Sequence[AccessRecord]) -> int:
        """Write a batch of access records; return how many were dropped because nobody reads the log."""
        wanted = records
        if self._least > LEVELS["info"]:
            wanted = [record for record in records if LEVELS[level_of(record)] >= self._least]
        if not wanted:
            return 0
        timestamp = self._timestamp
        if self.is_json:
            text = "".join([as_json(record, timestamp) for record in wanted])
        else:
            text = "".join([as_text(record, timestamp) + "\n" for record in wanted])
        batch = text.encode(errors="backslashreplace")
        return 0 if self._put(batch) else len(wanted)

    def close(self, timeout_s: float = 2.0) -> None:
        """Write what waits, for as long as `timeout_s`."""
        if self._writer is not None:
            with contextlib.suppress(queue.Full):
                self._waiting.put(None, timeout=timeout_s)
                self._writer.join(timeout_s)
            self._writer = None

    def _put(self, lines: bytes) -> bool:
        if self._writer is None:
            self._writer = threading.Thread(target=self._write_all, name="log", daemon=True)
            self._writer.start()
        try:
            self._waiting.put_nowait(lines)
        except queue.Full:
            return False
        return True

    def _write_all(self) -> None:
        while (lines := self._waiting.get()) is not None:
            for piece in [lines] if self._is_file else pieces(lines):
                try:
                    write_whole(self._fd, piece)
                except OSError:
                    # Its reader is gone, or the disk is full: no reason to stop answering calls, but one to be counted.
                    self.lost += piece.count(b"\n")

    def _timestamp(self, at: float) -> str:
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
    """Return a message without what a terminal would obey; reports have several lines."""
    return "".join(one if one.isprintable() or one == "\n" else "·" for one in message)


def _is_file(fd: int) -> bool:
    """Whether what is written there in one call stays together, however much it is."""
    try:
        return stat.S_ISREG(os.fstat(fd).st_mode)
    except OSError:
        return False


def pieces(lines: bytes) -> list[bytes]:
    """Cut a batch at line ends into writes that the kernel does not mix with those of other workers."""
    found: list[bytes] = []
    start = 0
    while len(lines) - start > ATOMIC_BYTES:
        cut = lines.rfind(b"\n", start, start + ATOMIC_BYTES)
        if cut < 0:
            cut = lines.find(b"\n", start)
        found.append(lines[start : cut + 1])
        start = cut + 1
    if start < len(lines):
        found.append(lines[start:])
    return found


def write_whole(fd: int, piece: bytes) -> None:
    while piece:
        piece = piece[os.write(fd, piece) :]
