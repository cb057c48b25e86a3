"""Compiling aside: a short-lived child process reads config and document and returns the finished revision.

Reading a large document takes hundreds of megabytes. The system gets that memory back when the child ends, and the
calls being served do not wait for the compile.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import pickle
import sys
from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING

import plugin_gateway
from plugin_gateway.diagnostics import Finding
from plugin_gateway.reload.outcome import Refused

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import Mapping
    from typing import Literal

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
    child: Process | None = None,
) -> Outcome:
    """Compile config and document in a child process; `gently` lowers its priority below that of the workers.

    `child` is one that waits for its request already.

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
        child = await start_child("gently" if gently else "now")
    try:
        async with asyncio.timeout(COMPILE_TIMEOUT_S):
            answer = await answer_of(child, request)
    except TimeoutError:
        return failed(f"reading and compiling took longer than {COMPILE_TIMEOUT_S:.0f} s")
    finally:
        await end_of(child)
    if child.returncode != 0:
        return failed(f"the compiling process ended with status {child.returncode}; see its output above")
    outcome: Outcome = pickle.loads(answer)  # noqa: S301  # written by our own child process
    return outcome


async def start_child(how: Literal["now", "gently", "ready"]) -> Process:
    """Start a compiling child, which waits for its request. One that is `ready` imports all modules before."""
    return await asyncio.create_subprocess_exec(
        *module_command("plugin_gateway.reload.child", how),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=module_environment(),
        start_new_session=True,
    )


async def end_of(child: Process) -> None:
    """End a child, unless it has ended."""
    if child.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        await child.wait()


async def answer_of(child: Process, request: object) -> bytes:
    """Send the request to the child and return its answer. The child ends when its standard input closes."""
    assert child.stdin is not None  # noqa: S101  # both are pipes
    assert child.stdout is not None  # noqa: S101
    with contextlib.suppress(ConnectionError):
        child.stdin.write(json.dumps(request).encode() + b"\n")
        await child.stdin.drain()
    answer = await child.stdout.read()
    child.stdin.close()
    await child.wait()
    return answer


def failed(message: str) -> Refused:
    finding = Finding(rule="compile-failed", message=message)
    return Refused(findings=(finding,), report=str(finding))


def module_command(module: str, *arguments: str) -> tuple[str, ...]:
    """Return the command that runs one of our modules in this interpreter, without the current directory on its path."""
    return sys.executable, "-P", "-m", module, *arguments


def module_environment() -> dict[str, str]:
    """Return our environment, with a PYTHONPATH that makes the child import the same plugin_gateway."""
    home = str(Path(plugin_gateway.__file__).parent.parent)
    path = os.environ.get("PYTHONPATH")
    return {**os.environ, "PYTHONPATH": f"{home}{os.pathsep}{path}" if path else home}
