"""Progress: one line on a terminal while a command takes long. Elsewhere it prints nothing."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE_S = 0.5
COMPLETING = "_PLUGIN_GATEWAY_COMPLETE"
"""The variable with which a shell asks for completions: a line would go into the command that the person types."""
ERASE_LINE = "\r\x1b[2K"


@contextmanager
def progress(doing: str) -> Iterator[None]:
    """Print what the command does if it takes more than half a second, and erase the line at the end."""
    if not sys.stderr.isatty() or COMPLETING in os.environ:
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
