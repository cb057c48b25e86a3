"""The memory that workers share, and the memory of one process."""

import os

from plugin_gateway.server.shared_memory import SharedMemory


def test_both_regions_are_memory_that_a_worker_can_inherit() -> None:
    shared = SharedMemory.open()
    assert shared.descriptors == tuple(shared)
    assert all(os.fstat(descriptor).st_size > 0 for descriptor in shared)
    for descriptor in shared:
        os.close(descriptor)


def test_without_descriptors_nothing_is_inherited() -> None:
    assert SharedMemory().descriptors == ()
