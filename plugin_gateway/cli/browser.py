"""The browser: opens a link for the person who runs the command, if this machine has a display."""

from __future__ import annotations

import os
import sys
import threading
import webbrowser
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def open_link(link: str, environ: Mapping[str, str] = os.environ) -> bool:
    """Open a link; return whether this machine has a display.

    Without a display, `webbrowser` could start a browser inside the terminal.
    """
    has_display = sys.platform == "darwin" or bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))
    if has_display:
        # Some browsers return only after seconds, and this process may have to answer the page.
        threading.Thread(target=webbrowser.open, args=(link,), name="browser", daemon=True).start()
    return has_display
