"""The terminal approver: asks the person at the terminal about a call of this command.

There is no option that approves. A program that may run this command, such as a model's, could set it.
"""

from __future__ import annotations

import secrets
import sys
from time import time
from typing import TYPE_CHECKING

import click

from plugin_gateway.approvals.approval import NO_DESK, Approval, Verdict
from plugin_gateway.approvals.approver import Approver
from plugin_gateway.cli.approve import text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugin_gateway.approvals.held_call import HeldCall


class TerminalApprover(Approver):
    """Shows the call and waits for the answer. Without a terminal it approves no call."""

    def ask(self, held: HeldCall, on_verdict: Callable[[Verdict], object]) -> None:
        if not sys.stdin.isatty():
            on_verdict(NO_DESK)
            return
        now = time()
        click.echo(text_of(Approval("", held, now, now, is_repeated=False).members()), err=True)
        is_approved = click.confirm("Approve this call?", err=True)
        on_verdict(Verdict("run" if is_approved else "denied", secrets.token_hex(16)))

    def give_back(self, id_: str) -> None:
        """Do nothing: this process makes no second call."""
