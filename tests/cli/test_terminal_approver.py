import sys
from typing import TYPE_CHECKING

import click
import pytest

from plugin_gateway.approvals.held_call import HeldCall
from plugin_gateway.cli.terminal_approver import TerminalApprover

if TYPE_CHECKING:
    from plugin_gateway.approvals.approval import Verdict

HELD = HeldCall(fingerprint="f", caller="", operation="op", method="POST", path="/p")


@pytest.mark.parametrize(
    ("is_terminal", "answer", "kind"), [(True, True, "run"), (True, False, "denied"), (False, True, "no-desk")]
)
def test_only_a_person_at_the_terminal_approves(
    monkeypatch: pytest.MonkeyPatch, is_terminal: bool, answer: bool, kind: str
) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: is_terminal)
    monkeypatch.setattr(click, "confirm", lambda *_, **__: answer)
    verdicts: list[Verdict] = []
    TerminalApprover().ask(HELD, verdicts.append)
    assert verdicts[0].kind == kind


def test_the_person_sees_the_call_first(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr(click, "confirm", lambda *_, **__: False)
    TerminalApprover().ask(HELD, lambda _: None)
    TerminalApprover().give_back("x")
    assert "op: POST /p" in capsys.readouterr().err
