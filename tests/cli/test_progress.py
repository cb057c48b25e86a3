import io
import threading

import pytest

from plugin_gateway.cli import progress as progress_module
from plugin_gateway.cli.progress import COMPLETING, ERASE_LINE, progress
from tests.bounds import BOUND_S


class Terminal(io.StringIO):
    """A terminal that signals each write."""

    def __init__(self) -> None:
        super().__init__()
        self.written = threading.Event()

    def write(self, text: str) -> int:
        size = super().write(text)
        self.written.set()
        return size

    def isatty(self) -> bool:
        return True


def test_a_quick_step_prints_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", terminal := Terminal())
    with progress("reading"):
        pass
    assert terminal.getvalue() == ""


def test_a_slow_step_is_announced_and_the_line_is_erased(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", terminal := Terminal())
    monkeypatch.setattr(progress_module, "PATIENCE_S", 0)
    with progress("reading"):
        assert terminal.written.wait(BOUND_S)
    assert terminal.getvalue() == f"reading …{ERASE_LINE}"


def test_a_slow_step_prints_nothing_unless_stderr_is_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    log = io.StringIO()
    monkeypatch.setattr("sys.stderr", log)
    monkeypatch.setattr(progress_module, "PATIENCE_S", 0)
    with progress("reading"):
        pass
    assert log.getvalue() == ""


def test_a_completion_writes_nothing_into_the_line_that_a_person_types(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", terminal := Terminal())
    monkeypatch.setattr(progress_module, "PATIENCE_S", 0)
    monkeypatch.setenv(COMPLETING, "zsh_complete")
    threads = threading.active_count()
    with progress("reading"):
        assert threading.active_count() == threads
    assert terminal.getvalue() == ""
