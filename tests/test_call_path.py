"""The way of a call through the files: how many it enters, and how often it comes back to one that it had left."""

from __future__ import annotations

import asyncio
import gc
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import plugin_gateway
from benchmarks.call import ANSWER, Turns, prepared
from plugin_gateway.proxy.holder import Holder

if TYPE_CHECKING:
    from collections.abc import Callable

PACKAGE = f"{Path(plugin_gateway.__file__).parent}/"
GET = b"GET /res0003/%d HTTP/1.1\r\nHost: gw\r\n\r\n"
POST = b"POST /res0003/%d HTTP/1.1\r\nHost: gw\r\nContent-Length: 2\r\n\r\n{}"


def stays(run: Callable[[], object]) -> list[str]:
    """Return the files that a run enters, in order; calls inside one file are one stay.

    The garbage collector waits, because it runs code of the package when it ends generators of other tests.
    """
    found: list[str] = []

    def enter(frame: Any, event: str, _: object) -> None:
        name = frame.f_code.co_filename
        if event == "call" and name.startswith(PACKAGE) and (not found or found[-1] != name):
            found.append(name)

    before = sys.getprofile()
    gc.disable()
    sys.setprofile(enter)
    try:
        run()
    finally:
        sys.setprofile(before)
        gc.enable()
    return found


async def way(call: bytes, checks: str) -> tuple[list[str], list[str]]:
    """Return the stays on the way up and down of a call with a new id, after others on the same connections."""
    turns = Turns(Holder(prepared(validate={"request": checks, "response": checks})))
    for number in range(3):
        turns.play(iter([call % number]), ANSWER)
    return stays(lambda: turns.send([call % 7])), stays(lambda: turns.answer(ANSWER))


@pytest.mark.parametrize(
    ("call", "checks", "most_up", "most_returns"),
    [(GET, "off", 13, 2), (GET, "report", 17, 2), (POST, "off", 16, 3), (POST, "report", 21, 4)],
    ids=["GET", "GET that is checked", "POST", "POST that is checked"],
)
def test_a_call_enters_few_files_and_seldom_comes_back(
    call: bytes, checks: str, most_up: int, most_returns: int
) -> None:
    up, down = asyncio.run(way(call, checks))
    assert up[-1].endswith("upstream.py")
    assert len(up) <= most_up, up
    assert len(up) - len({*up}) <= most_returns, up
    assert down[-1].endswith("client_connection.py")
    assert len(down) <= 12
    assert len(down) - len({*down}) <= 1
