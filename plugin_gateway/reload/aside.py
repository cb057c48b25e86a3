"""Compiling aside: a short-lived child reads config and document, and only the finished revision comes back.

A large document takes hundreds of megabytes while it is read. In a child of its own that memory goes back to the
system with the process, and what it costs in time is not taken from the calls being served.
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

    from plugin_gateway.reload.outcome import Outcome

COMPILE_TIMEOUT_S = 120.0
"""A document from a URL may take its own time limits, one after the other, for each of its files."""


async def compile_aside(
    *,
    config: Path | None,
    overrides: Mapping[str, str],
    number: int,
    pinned: bytes = b"",
    gently: bool = False,
    text: str | None = None,
) -> Outcome:
    """Compile config and document in a child process; `gently` leaves the processors to those who serve.

    `pinned` is that of what is served now, so that a document that changed opens nothing by itself. `text` is
    the config where it came from standard input, which can be read but once.
    """
    request = {
        "config": str(config) if config else None,
        "overrides": dict(overrides),
        "number": number,
        "text": text,
        "pinned": b64encode(pinned).decode(),
    }
    child = await asyncio.create_subprocess_exec(
        *module_command("plugin_gateway.reload.child", "gently" if gently else "now"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=module_environment(),
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(COMPILE_TIMEOUT_S):
            answer = await answer_of(child, request)
    except TimeoutError:
        return failed(f"reading and compiling took longer than {COMPILE_TIMEOUT_S:.0f} s")
    finally:
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            await child.wait()
    if child.returncode != 0:
        return failed(f"the compiling process ended with status {child.returncode}; what it said is above")
    outcome: Outcome = pickle.loads(answer)  # noqa: S301  # our own child's
    return outcome


async def answer_of(child: Process, request: object) -> bytes:
    """Ask the child and return its answer. Its standard input stays open: the child ends when that does."""
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
    """Return the command that runs a module of ours in the interpreter we run in, with no current directory on its path."""
    return sys.executable, "-P", "-m", module, *arguments


def module_environment() -> dict[str, str]:
    """Return our environment, in which a child finds the same plugin_gateway as we are."""
    home = str(Path(plugin_gateway.__file__).parent.parent)
    path = os.environ.get("PYTHONPATH")
    return {**os.environ, "PYTHONPATH": f"{home}{os.pathsep}{path}" if path else home}
