import asyncio
import json
from hashlib import sha256
from time import time
from typing import Any

import pytest
from starlette.requests import Request

from plugin_gateway.approvals.approval import Approval
from plugin_gateway.approvals.desk import Desk
from plugin_gateway.approvals.held_call import HeldCall
from plugin_gateway.approvals.registry import LocalRegistry
from plugin_gateway.approvals.settings import NO_SETTINGS, ApprovalSettings
from plugin_gateway.console.approvals import approvals_handlers
from plugin_gateway.endpoints.approvals import ApprovalsApi

HELD = HeldCall(fingerprint="f", caller="agent", operation="order", method="POST", path="/orders")


class World:
    """A desk with one call that waits, and the handlers of the console over it."""

    def __init__(self, settings: ApprovalSettings = NO_SETTINGS) -> None:
        self.desk = Desk(settings)
        self.told: list[tuple[str, str]] = []
        self.id = self.desk.ask(HELD, time()).id
        self.handlers = approvals_handlers(ApprovalsApi(lambda: LocalRegistry(self.desk), self._on_decided))

    def _on_decided(self, approval: Approval, way: str, _: str) -> None:
        self.told.append((str(approval.state), way))

    def ask(self, number: int, body: bytes = b"", key: str = "") -> tuple[int, Any]:
        headers = [(b"host", b"localhost"), (b"content-type", b"application/json")]
        headers += [(b"authorization", b"Bearer " + key.encode())] if key else []
        scope = {"type": "http", "headers": headers, "path_params": {"id": self.id}, "client": ("127.0.0.1", 1)}
        answer = asyncio.run(self.handlers[number].answer(Request(scope), body))
        return answer.status_code, json.loads(bytes(answer.body))


def test_the_console_lists_what_waits_and_decides() -> None:
    world = World()
    status, listed = world.ask(0)
    assert (status, listed["approvals"][0]["id"]) == (200, world.id)
    status, decided = world.ask(1, b'{"decision": "approve"}')
    assert (status, decided["status"]) == (200, "approved")
    assert world.told == [("approved", "console")]


@pytest.mark.parametrize(
    ("body", "status"), [(b"{}", 400), (b'{"decision":"maybe"}', 400), (b'{"decision":"deny"}', 200), (b"", 400)]
)
def test_a_decision_must_be_clear(body: bytes, status: int) -> None:
    assert World().ask(1, body)[0] == status


def test_a_session_alone_decides_nothing_where_approvers_have_a_key() -> None:
    world = World(ApprovalSettings(key_hash=sha256(b"the key").digest()))
    assert [world.ask(number, b'{"decision": "approve"}')[0] for number in (0, 1)] == [401, 401]
    assert world.told == []
    assert world.ask(1, b'{"decision": "approve"}', key="the key")[0] == 200
