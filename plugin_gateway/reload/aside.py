"""Compiling aside: a short-lived child process reads config and document and returns the finished revision.

Reading a large document takes hundreds of megabytes. The system gets that memory back when the child ends, and the
calls being served do not wait for the compile.
"""

from __future__ import annotations

import asyncio
import json
import pickle
from base64 import b64encode
from typing import TYPE_CHECKING

from plugin_gateway.diagnostics import Finding
from plugin_gateway.reload.child_process import ChildProcess, ending_of
from plugin_gateway.reload.outcome import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from plugin_gateway.reload.outcome import Outcome

COMPILE_TIMEOUT_S = 120.0
"""Each file of a document from a URL may take its full time limit, one after the other."""


async def compile_aside(
    *,
    config: Path | None,
    overrides: Mapping[str, str],
    number: int,
    pinned: bytes = b"",
    gently: bool = False,
    text: str | None = None,
    revision_file: Path | None = None,
    child: ChildProcess | None = None,
) -> Outcome:
    """Compile config and document in a child process; `gently` lowers its priority below the workers'.

    `child` is a child that already waits for its request.

    `pinned` holds the pins of the current revision, so that a changed document opens no new operation. `text` is the
    config if it came from standard input, which can be read only once. `revision_file` replaces config and document.
    """
    request = {
        "config": str(config) if config else None,
        "overrides": dict(overrides),
        "number": number,
        "text": text,
        "revision_file": str(revision_file) if revision_file else None,
        "pinned": b64encode(pinned).decode(),
    }
    if child is None:
        child = ChildProcess("gently" if gently else "now")
    try:
        async with asyncio.timeout(COMPILE_TIMEOUT_S):
            answer = await asyncio.to_thread(child.ask, json.dumps(request).encode())
    except TimeoutError:
        return failed(f"reading and compiling took longer than {COMPILE_TIMEOUT_S:.0f} s")
    finally:
        if child.status is None:
            await asyncio.to_thread(child.end)
    if child.status:
        seen = "; see its output above" if child.status > 0 else ""
        return failed(f"the compiling process {ending_of(child.status)}{seen}")
    outcome: Outcome = pickle.loads(answer)  # noqa: S301  # written by our own child process
    return outcome


def failed(message: str) -> Refused:
    finding = Finding(rule="compile-failed", message=message)
    return Refused(findings=(finding,), report=str(finding))
