"""A Redis server for one test, on loopback. It stores nothing on disk."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from tests.bounds import BOUND_S
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextlib.contextmanager
def redis_server(folder: Path) -> Iterator[SimpleNamespace]:
    """Run Redis until the block ends; give its `port`, and `stop`, which ends it at once. Skip the test where it is not installed."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed (apt-get install redis-server)")
    pytest.importorskip("redis", reason="the redis extra is not installed")
    port = free_port()
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(folder)]
    with subprocess.Popen([program, *options], stdout=subprocess.PIPE, text=True) as process:

        def stop() -> None:
            process.kill()
            process.wait(BOUND_S)

        try:
            assert process.stdout is not None
            assert any("Ready to accept connections" in line for line in process.stdout)
            yield SimpleNamespace(port=port, stop=stop)
        finally:
            stop()
