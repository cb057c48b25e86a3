import os

import pytest

from plugin_gateway.server import usage


def test_the_memory_and_the_descriptors_of_this_process_are_counted() -> None:
    before = usage.open_descriptors()
    reader, writer = os.pipe()
    assert usage.open_descriptors() == before + 2
    os.close(reader)
    os.close(writer)
    assert usage.resident_bytes() > 1_000_000


def test_unknown_usage_is_0(monkeypatch: pytest.MonkeyPatch) -> None:
    class Nowhere:
        def __init__(self, _: str) -> None:
            pass

        def iterdir(self) -> None:
            raise OSError

        read_text = iterdir

    monkeypatch.setattr(usage, "Path", Nowhere)
    assert (usage.resident_bytes(), usage.open_descriptors()) == (0, 0)
