import json
import pickle
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from plugin_gateway.reload import child_process
from plugin_gateway.reload.child_process import ChildProcess, ending_of
from plugin_gateway.reload.outcome import Refused
from tests.bounds import BOUND_S


@contextmanager
def running(monkeypatch: pytest.MonkeyPatch, program: str = "") -> Iterator[ChildProcess]:
    """Start a child, or a program in its place."""
    if program:
        monkeypatch.setattr(child_process, "module_command", lambda *_: (sys.executable, "-c", program))
    with ChildProcess("now") as child:
        yield child
    assert child.status is not None


def test_a_child_answers_its_request_and_ends(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with running(monkeypatch) as child:
        assert child.status is None
        request = {"config": str(tmp_path / "gone.yaml"), "overrides": {}, "number": 1}
        outcome = pickle.loads(child.ask(json.dumps(request).encode()))
        assert isinstance(outcome, Refused)
        assert child.status == 0


def test_a_child_that_has_ended_takes_no_request_and_says_how_it_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    with running(monkeypatch, "import os; os.close(0); os.close(1); raise SystemExit(3)") as child:
        assert child.ask(b"x" * 1_000_000) == b""
        assert child.status == 3


def test_the_end_of_a_child_frees_the_thread_that_waits_for_its_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    with running(monkeypatch, "import signal; signal.pause()") as child:
        answers: list[bytes] = []
        waiting = threading.Thread(target=lambda: answers.append(child.ask(b"{}")))
        waiting.start()
        child.end()
        waiting.join(BOUND_S)
        assert answers == [b""]
        assert child.status == -signal.SIGKILL


def test_a_child_is_not_in_the_session_of_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C must not end a compile before the supervisor has said why it stops."""
    with running(monkeypatch, "import os; print(os.getsid(0) == os.getpid())") as child:
        assert child.ask(b"") == b"True\n"


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (0, "ended with status 0"),
        (3, "ended with status 3"),
        (-9, "was ended by SIGKILL, as the system does if memory runs out"),
        (-11, "was ended by signal 11"),
    ],
)
def test_the_end_of_a_process_names_its_signal(status: int, expected: str) -> None:
    assert ending_of(status) == expected
