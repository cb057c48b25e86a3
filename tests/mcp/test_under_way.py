"""What is under way: withdrawn by its caller only, told of changes, ended with the worker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from plugin_gateway.mcp.under_way import UnderWay
from plugin_gateway.proxy.in_process import field_block

if TYPE_CHECKING:
    from plugin_gateway.proxy.wire import RequestFields


class Call:
    def __init__(self) -> None:
        self.heard: list[str] = []

    def on_withdrawn(self, id_: bytes) -> None:
        self.heard.append(f"withdrawn {id_.decode()}")

    def on_tools_changed(self) -> None:
        self.heard.append("changed")

    def on_drain(self) -> None:
        self.heard.append("drain")


def request(token: bytes = b"") -> RequestFields:
    credential = [(b"authorization", token)] if token else []
    return field_block([(b"host", b"a"), *credential]).request


@pytest.mark.parametrize(
    ("token", "request_id", "heard"),
    [
        (b"Bearer a", 1, ["withdrawn 1"]),
        (b"Bearer a", "1", []),
        (b"Bearer a", True, []),
        (b"Bearer a", None, []),
        (b"Bearer a", 2, []),
        (b"Bearer b", 1, []),
        (b"", 1, []),
    ],
)
def test_a_request_is_withdrawn_by_its_id_and_credential(token: bytes, request_id: Any, heard: list[str]) -> None:
    under_way: Any = UnderWay()
    call = Call()
    under_way.enter(request(b"Bearer a"), b"1", call)
    under_way.withdraw(request(token), request_id)

    assert call.heard == heard


def test_an_id_of_two_requests_withdraws_neither() -> None:
    under_way: Any = UnderWay()
    calls = [Call(), Call()]
    for call in calls:
        under_way.enter(request(b"Bearer a"), b"1", call)
    under_way.withdraw(request(b"Bearer a"), 1)
    assert [call.heard for call in calls] == [[], []]

    under_way.leave(calls[0])
    under_way.withdraw(request(b"Bearer a"), 1)
    assert calls[1].heard == ["withdrawn 1"]


def test_a_request_without_a_credential_is_not_noted() -> None:
    under_way: Any = UnderWay()
    call = Call()
    under_way.enter(request(), b"1", call)
    under_way.withdraw(request(), 1)

    assert call.heard == []


def test_subscribers_hear_what_they_asked_for_until_they_leave() -> None:
    under_way: Any = UnderWay()
    asked, other, gone = Call(), Call(), Call()
    for call, has_tools in ((asked, True), (other, False), (gone, True)):
        under_way.subscribe(call, has_tools=has_tools)
    under_way.leave(gone)
    under_way.tell_of_change()
    under_way.drain()

    assert (asked.heard, other.heard, gone.heard) == (["changed", "drain"], ["drain"], [])
