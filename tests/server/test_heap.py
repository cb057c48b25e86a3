import platform
import subprocess
import sys

import pytest

from tests.bounds import BOUND_S

PROGRAM = """
import resource
from plugin_gateway.server.heap import keep_freed_memory

def faults(rounds):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(rounds):
        blocks = [b"x" * 300_000 for _ in range(6)]
        del blocks
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

if %r:
    keep_freed_memory()
faults(5)
print(faults(50))
"""


def faults(*, keeps: bool) -> int:
    program = [sys.executable, "-c", PROGRAM % keeps]
    return int(subprocess.run(program, capture_output=True, check=True, timeout=BOUND_S).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the hint is for glibc")
def test_memory_that_was_freed_serves_the_next_blocks_without_the_kernel() -> None:
    assert faults(keeps=True) < 500
    assert faults(keeps=False) > 5_000
