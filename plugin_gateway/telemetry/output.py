"""The output of the log: whole lines to one file descriptor; a slow reader never delays a call.

The event loop writes by itself. A writer thread competed with the calls and doubled the latency of their slowest
percent.
"""

from __future__ import annotations

import contextlib
import os
import queue
import select
import stat
import threading
import time
from collections import deque
from typing import Final, Protocol

ATOMIC_BYTES: Final = 4096
"""PIPE_BUF on Linux: the kernel writes at most this much to a pipe whole or not at all, not mixed with another worker's
lines."""
MAX_WAITING_BYTES: Final = 4 * 1024 * 1024
"""The limit of bytes that wait for the log's reader; lines beyond it are dropped and counted."""
_MAX_WAITING_BATCHES: Final = 64


class Output(Protocol):
    """Writes lines. `lost` counts the accepted lines that could not be written."""

    lost: int

    def write(self, lines: bytes) -> bool:
        """Write whole lines, now or later; return whether they were accepted."""

    def close(self, timeout_s: float) -> None:
        """Write what waits, for as long as `timeout_s`."""


def output_to(fd: int) -> Output:
    """Return the output for a descriptor. The caller keeps the descriptor and closes it."""
    try:
        mode = os.fstat(fd).st_mode
        if stat.S_ISREG(mode):
            return FileOutput(fd)
        if stat.S_ISFIFO(mode) or stat.S_ISCHR(mode):
            # Open it again: O_NONBLOCK on the shared open file would change it for other processes too.
            return WaitingOutput(
                os.open(f"/proc/self/fd/{fd}", os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
            )
    except OSError:
        # The descriptor is closed, a socket or another user's, or the system has no /proc.
        pass
    return ThreadOutput(fd)


class FileOutput:
    """A regular file, which accepts a batch of any size at once."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self.lost = 0

    def write(self, lines: bytes) -> bool:
        try:
            _write_whole(self._fd, lines)
        except OSError:
            self.lost += lines.count(b"\n")
        return True

    def close(self, timeout_s: float) -> None:  # no lines wait
        """Do nothing: no lines wait."""


class WaitingOutput:
    """A pipe or a terminal. The bytes that it does not accept now wait for the next write."""

    def __init__(self, fd: int) -> None:
        """Write to a non-blocking descriptor; `close` closes it."""
        self._fd = fd
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self.lost = 0

    def write(self, lines: bytes) -> bool:
        if self._waiting_bytes + len(lines) > MAX_WAITING_BYTES:
            self._write_waiting()
            if self._waiting_bytes + len(lines) > MAX_WAITING_BYTES:
                return False
        self._waiting += pieces(lines)
        self._waiting_bytes += len(lines)
        self._write_waiting()
        return True

    def close(self, timeout_s: float) -> None:
        poller = select.poll()
        poller.register(self._fd, select.POLLOUT)
        end = time.monotonic() + timeout_s
        while self._waiting and poller.poll(max(0.0, end - time.monotonic()) * 1000):
            self._write_waiting()
        self.lost += sum(piece.count(b"\n") for piece in self._waiting)
        self._waiting.clear()
        os.close(self._fd)

    def _write_waiting(self) -> None:
        waiting = self._waiting
        while waiting:
            piece = waiting[0]
            try:
                written = os.write(self._fd, piece)
            except BlockingIOError:
                return
            except OSError:
                # The reader is gone or the device is full. Count the lost lines and go on answering calls.
                self.lost += piece.count(b"\n")
                written = len(piece)
            self._waiting_bytes -= written
            if written < len(piece):
                # A terminal, or a line that is longer than a pipe accepts in one write.
                waiting[0] = piece[written:]
            else:
                waiting.popleft()


class ThreadOutput:
    """Any other descriptor, such as a journal's socket. A thread does the blocking writes."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._waiting: queue.Queue[bytes | None] = queue.Queue(_MAX_WAITING_BATCHES)
        self._writer: threading.Thread | None = None
        self.lost = 0

    def write(self, lines: bytes) -> bool:
        if self._writer is None:
            self._writer = threading.Thread(target=self._write_all, name="log", daemon=True)
            self._writer.start()
        try:
            self._waiting.put_nowait(lines)
        except queue.Full:
            return False
        return True

    def close(self, timeout_s: float) -> None:
        if self._writer is not None:
            with contextlib.suppress(queue.Full):
                self._waiting.put(None, timeout=timeout_s)
                self._writer.join(timeout_s)
            self._writer = None

    def _write_all(self) -> None:
        while (lines := self._waiting.get()) is not None:
            for piece in pieces(lines):
                try:
                    _write_whole(self._fd, piece)
                except OSError:
                    self.lost += piece.count(b"\n")


def pieces(lines: bytes) -> list[bytes]:
    """Cut a batch at line ends into writes that the kernel does not mix with other workers' lines."""
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


def _write_whole(fd: int, piece: bytes) -> None:
    while piece:
        piece = piece[os.write(fd, piece) :]
