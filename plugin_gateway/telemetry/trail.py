"""The trail: appends the entries of an audit to a file that all workers share, as one chain.

The workers take turns by a lock on the head, which is in `FILE.head`. The event loop never waits for the lock: entries wait
instead. If the file was renamed, as by logrotate, a new file continues the chain.
"""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from plugin_gateway.telemetry.chain import START, append, read_head

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from plugin_gateway.telemetry.chain import ChainEnd

_MODE: Final = 0o600
_HEAD_BYTES: Final = 128
_MOST_WAITING: Final = 100_000
"""The entries that wait while another process holds the lock; later ones are lost and counted."""
_PAUSE_S: Final = 0.005
"""The pause between two attempts to get the lock, because `flock` has no timeout."""


def head_path(file: Path) -> Path:
    """Return the path of the file with the head."""
    return file.with_name(f"{file.name}.head")


class End(NamedTuple):
    """The end of a trail: its head, and the size of the file in bytes at the same moment."""

    head: ChainEnd
    size: int


def stored_end(file: Path, timeout_s: float = 2.0) -> End | None:
    """Return the end of a file that a gateway may be writing; None if there is no readable head.

    Raises:
        OSError: the file cannot be read, or a process holds the lock on the head.
    """
    file.stat()  # A missing file is an error; a missing head is not.
    try:
        heads = os.open(head_path(file), os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        give_up = time.monotonic() + timeout_s
        while not _lock(heads, fcntl.LOCK_SH):
            if time.monotonic() > give_up:
                raise BlockingIOError(f"another process holds the lock on {head_path(file)}")
            time.sleep(_PAUSE_S)
        size = file.stat().st_size
        head = _stored(heads)
        return End(head, size) if head is not None else None
    finally:
        os.close(heads)


class Trail:
    """Writes to one file. `lost` counts the entries that could not be written."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.lost = 0
        self._waiting: list[dict[str, object]] = []
        self._unwritten = 0
        """The lost entries that the file does not mention yet."""
        self._error: OSError | None = None

    def write(self, entries: Sequence[dict[str, object]]) -> OSError | None:
        """Append the entries, now or with the next ones; return why the last attempt to write failed, or None."""
        self._waiting += entries
        if not self._waiting:
            return self._error
        try:
            with _opened(head_path(self.file), os.O_RDWR) as heads:
                if _lock(heads, fcntl.LOCK_EX):
                    self._append(heads)
                elif len(self._waiting) > _MOST_WAITING:
                    self._lose()
        except OSError as error:
            self._lose()
            self._error = error
        return self._error

    def close(self, timeout_s: float = 1.0) -> None:
        """Write the waiting entries, for at most `timeout_s`."""
        give_up = time.monotonic() + timeout_s
        self.write(())
        while self._waiting and time.monotonic() < give_up:
            time.sleep(_PAUSE_S)  # another process has the lock
            self.write(())
        self._lose()

    def _append(self, heads: int) -> None:
        notice: list[dict[str, object]] = [{"event": "lost", "entries": self._unwritten}] if self._unwritten else []
        lines, head = append(_stored(heads) or START, [*notice, *self._waiting])
        if lines:
            with _opened(self.file, os.O_WRONLY | os.O_APPEND) as file:
                _write(file, lines, heads, head)
        self._waiting.clear()
        self._unwritten = 0
        self._error = None

    def _lose(self) -> None:
        self.lost += len(self._waiting)
        self._unwritten += len(self._waiting)
        self._waiting.clear()


def _write(file: int, lines: bytes, heads: int, head: ChainEnd) -> None:
    """Append the lines and replace the head, or change nothing: a part of a line, as on a full disk, would break the chain.

    The caller holds the lock, so no other process has appended when this cuts the file back.
    """
    size = os.fstat(file).st_size
    try:
        while lines:
            lines = lines[os.write(file, lines) :]
        # The length is fixed, so one write replaces the whole head.
        os.pwrite(heads, f"{head}".ljust(_HEAD_BYTES - 1).encode() + b"\n", 0)
    except OSError:
        with suppress(OSError):
            os.ftruncate(file, size)
        raise


def _stored(heads: int) -> ChainEnd | None:
    return read_head(os.pread(heads, _HEAD_BYTES, 0).decode("ascii", "replace"))


def _lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _opened(path: Path, flags: int) -> Iterator[int]:
    descriptor = os.open(path, flags | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, _MODE)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
