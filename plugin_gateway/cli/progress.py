"""Progress: one line on a terminal for what takes longer than a person expects; nothing anywhere else."""

from __future__ import annotations

import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE_S = 0.5
ERASE_LINE = "\r\x1b[2K"


@contextmanager
def progress(doing: str) -> Iterator[None]:
    """Say what is being done if it is not done within half a second, and take it back when it is."""
    if not sys.stderr.isatty():
        yield
        return
    done = threading.Event()
    saying = threading.Thread(target=say_unless, args=(done, doing), daemon=True)
    saying.start()
    try:
        yield
    finally:
        done.set()
        saying.join()


def say_unless(done: threading.Event, doing: str) -> None:
    if not done.wait(PATIENCE_S):
        sys.stderr.write(f"{doing} …")
        sys.stderr.flush()
        done.wait()
        sys.stderr.write(ERASE_LINE)
        sys.stderr.flush()
