import os
from pathlib import Path

import pytest

from plugin_gateway.config.find import STANDARD_INPUT
from plugin_gateway.console.config_state import ConfigState
from plugin_gateway.console.mark import mark_of
from plugin_gateway.diagnostics import Finding

FINDING = Finding(rule="r", message="m")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "gateway.yaml"
    file.write_text("allow: []\n")
    return file


def test_a_file_is_in_sync_if_the_gateway_serves_it(path: Path) -> None:
    state = ConfigState(path, b"key")
    state.compiling()
    state.served([FINDING])
    assert (state.sync, state.base, state.findings) == ("in-sync", mark_of(b"allow: []\n", b"key"), (FINDING,))


def test_a_change_shows_until_it_is_judged(path: Path) -> None:
    state = ConfigState(path, b"key")
    state.compiling()
    state.served([])
    path.write_text("allow: [a]\n")
    assert state.sync == "changed"
    state.compiling()
    assert state.sync == "changed"
    state.refused([FINDING])
    assert (state.sync, state.findings) == ("refused", (FINDING,))
    path.write_text("allow: [b]\n")
    assert state.sync == "changed"
    state.compiling()
    state.served([])
    assert (state.sync, state.findings) == ("in-sync", ())


def test_a_change_during_the_compile_counts_as_a_change(path: Path) -> None:
    state = ConfigState(path, b"key")
    state.compiling()
    path.write_text("allow: [a]\n")
    state.served([])
    assert state.sync == "changed"


def test_a_pipe_is_left_for_the_compile_to_read() -> None:
    reading, writing = os.pipe()
    try:
        os.write(writing, b"allow: []\n")
        os.close(writing)
        assert ConfigState(Path(f"/dev/fd/{reading}"), b"key").base == ""
        assert os.read(reading, 100) == b"allow: []\n"
    finally:
        os.close(reading)


def test_a_file_with_the_same_text_is_no_change(path: Path) -> None:
    state = ConfigState(path, b"key")
    state.compiling()
    state.served([])
    text = path.read_text()
    path.unlink()
    assert (state.sync, state.base) == ("changed", "")
    path.write_text(text)
    assert state.sync == "in-sync"


@pytest.mark.parametrize("source", [None, STANDARD_INPUT])
def test_a_config_without_a_file_does_not_change(source: Path | None) -> None:
    state = ConfigState(source, b"key")
    state.compiling()
    state.served([])
    assert (state.sync, state.base) == ("in-sync", "")
