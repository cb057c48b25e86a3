"""`approve` and `approvals` against the admin app of a desk, over a real socket."""

import json
import sys
import threading
from collections.abc import Iterator
from time import time
from typing import Any

import click
import pytest
import uvicorn

from plugin_gateway.approvals.desk import Desk
from plugin_gateway.approvals.held_call import HeldCall
from plugin_gateway.approvals.registry import LocalRegistry
from plugin_gateway.approvals.settings import ApprovalSettings, hash_of
from plugin_gateway.cli.approve import text_of
from plugin_gateway.cli.desk import KEY_VARIABLE
from plugin_gateway.cli.entry import run
from plugin_gateway.config.address import Address
from plugin_gateway.endpoints.approvals import create_approvals
from plugin_gateway.server.sockets import listen, open_listeners
from tests.bounds import BOUND_S

CALL = HeldCall(
    fingerprint="f",
    caller="ada",
    operation="createOrder",
    method="POST",
    path="/orders",
    query="dry=1",
    body='{"a":1}',
    body_bytes=7,
    media_type="application/json",
)


@pytest.fixture
def admin() -> Iterator[tuple[Desk, str]]:
    desk = Desk(base=lambda: "http://127.0.0.1")
    app = create_approvals(LocalRegistry(desk), lambda *_: None)
    address, listeners = open_listeners(Address("127.0.0.1", 0), 1)
    listen(address, listeners)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": listeners})
    thread.start()
    yield desk, f"127.0.0.1:{address.port}"
    server.should_exit = True
    thread.join(BOUND_S)


def test_a_call_is_listed_and_approved(admin: tuple[Desk, str], capsys: pytest.CaptureFixture[str]) -> None:
    desk, address = admin
    id_ = desk.ask(CALL, time()).id
    assert run(["approvals", "--admin", address]) == 0
    assert f"{id_}  pending   createOrder: POST /orders?dry=1  by ada" in capsys.readouterr().out
    assert run(["approvals", "--admin", address, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["id"] == id_
    assert run(["approve", id_, "--admin", address]) == 0
    captured = capsys.readouterr()
    assert captured.out == f"{id_} approved\n"
    assert '{"a":1}' in captured.err
    assert desk.ask(CALL, time()).kind == "run"
    assert run(["approve", id_, "--admin", address]) == 1
    assert "executed already" in capsys.readouterr().err


def test_a_call_is_denied(admin: tuple[Desk, str], capsys: pytest.CaptureFixture[str]) -> None:
    desk, address = admin
    id_ = desk.ask(CALL, time()).id
    assert run(["approve", id_, "--deny", "--admin", address]) == 0
    assert capsys.readouterr().out == f"{id_} denied\n"
    assert desk.ask(CALL, time()).kind == "denied"


def test_a_person_is_asked_on_a_terminal(admin: tuple[Desk, str], monkeypatch: pytest.MonkeyPatch) -> None:
    desk, address = admin
    id_ = desk.ask(CALL, time()).id
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr(click, "confirm", lambda *_, **__: False)
    assert run(["approve", id_, "--admin", address]) == 1
    assert desk.ask(CALL, time()).kind == "pending"
    assert run(["approve", id_, "--yes", "--admin", address]) == 0
    assert desk.ask(CALL, time()).kind == "run"


def test_without_the_key_the_gateway_shows_nothing(
    admin: tuple[Desk, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, address = admin
    desk.settings = ApprovalSettings(key_hash=hash_of("sesame"))
    id_ = desk.ask(CALL, time()).id
    monkeypatch.setenv(KEY_VARIABLE, "wrong")
    assert run(["approvals", "--admin", address]) == 1
    assert run(["approve", id_, "--admin", address]) == 1
    assert "approvals.key" in capsys.readouterr().err
    monkeypatch.setenv(KEY_VARIABLE, "sesame")
    assert run(["approve", id_, "--admin", address]) == 0


def test_an_unknown_or_malformed_id_is_reported(admin: tuple[Desk, str], capsys: pytest.CaptureFixture[str]) -> None:
    _, address = admin
    assert run(["approve", "7f", "--admin", address]) == 1
    assert "no such approval" in capsys.readouterr().err
    assert run(["approve", "../readyz", "--admin", address]) == 2
    assert run(["approvals", "--admin", address]) == 0
    assert "no call waits" in capsys.readouterr().err


def test_a_person_is_warned_of_a_repetition_and_of_a_cut_body() -> None:
    shown: dict[str, Any] = {
        "operation": "op",
        "method": "POST",
        "path": "/p",
        "fields": {"x-account": "7"},
        "asked_at": "now",
        "ran_before": True,
        "body_bytes": 9000,
        "body_left_out": 1000,
        "body": "x",
    }
    text = text_of(shown)
    assert "it runs again" in text
    assert "1000 bytes of the body are not shown" in text
    assert "x-account: 7" in text
