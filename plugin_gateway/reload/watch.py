"""The watched files: every file that the last compile looked at, even if it was missing.

A file has changed if its fingerprint has; events only tell when to look.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from plugin_gateway.reload.fingerprint import fingerprints

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
    from pathlib import Path

    from plugin_gateway.reload.outcome import Fingerprint

QUIET_MS = 50
"""How long the files must be quiet. An editor or kubelet makes one change in several steps."""

PATIENCE_MS = 200
"""How long a change waits for quiet, at most."""

LOOK_MS = 1000


def has_changed(known: dict[Path, Fingerprint]) -> bool:
    """Take the fingerprints again. Return whether one has changed."""
    now = fingerprints(known)
    if now == known:
        return False
    known.update(now)
    return True


async def changes(known: dict[Path, Fingerprint]) -> AsyncGenerator[None, None]:
    """Yield each time the fingerprint of a file differs from the known one, and update `known`.

    The directories are watched, not the files. An editor replaces a file by renaming another over it, and a Kubernetes
    volume swaps the symlink of a directory; a watch on the file would stay with the old one.

    Raises:
        OSError: the kernel has no watches left.
    """
    import watchfiles  # noqa: PLC0415  # only a process that serves pays for it

    # The thread only asks whether it is set.
    stopping = asyncio.Event()
    # `awatch` would import anyio's backend, and the first probe would wait for that.
    events = watchfiles.watch(
        *directories(known),
        recursive=False,
        debounce=PATIENCE_MS,
        step=QUIET_MS,
        watch_filter=None,
        stop_event=stopping,
        # Also check without an event: network file systems send none, and a change before this call sent none here.
        rust_timeout=LOOK_MS,
        yield_on_timeout=True,
    )
    try:
        while await asyncio.to_thread(next, events, None) is not None:
            if has_changed(known):
                yield
    finally:
        stopping.set()


class FileWatch:
    """Watches one set of files and calls `on_change` for each change, or `on_failure` if the kernel refuses the watch."""

    def __init__(self, on_change: Callable[[], object], on_failure: Callable[[OSError], object]) -> None:
        self._on_change = on_change
        self._on_failure = on_failure
        self._looking: asyncio.Task[None] | None = None
        self._known: dict[Path, Fingerprint] = {}

    def look_at(self, watched: Mapping[Path, Fingerprint]) -> None:
        """Watch these files from now on, and no others."""
        if self._looking is not None:
            self._looking.cancel()
        self._known = dict(watched)
        self._looking = asyncio.create_task(self._look(self._known), name="watch")

    def look_now(self) -> None:
        """Look without an event: the gateway itself wrote a file, and need not wait until the files are quiet."""
        if has_changed(self._known):
            self._on_change()

    async def stop(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)

    async def _look(self, known: dict[Path, Fingerprint]) -> None:
        try:
            async for _ in changes(known):
                self._on_change()
        except OSError as error:
            self._on_failure(error)


def directories(paths: Iterable[Path]) -> tuple[Path, ...]:
    """Return the directories of the files, both as named and with symlinks resolved."""
    found: dict[Path, None] = {}
    for path in paths:
        # A symlink that leads to itself, a name that is too long, or a closed directory: there is nothing to watch.
        with suppress(OSError, RuntimeError):
            for named in (path.absolute(), path.resolve()):
                if named.parent.is_dir():
                    found[named.parent] = None
    return tuple(found)
