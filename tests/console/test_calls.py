import asyncio
import json
from time import time

from starlette.requests import Request

from plugin_gateway.console.calls import calls_handler
from plugin_gateway.telemetry.call_history import CallHistory
from plugin_gateway.telemetry.series import SeriesKey


def test_the_handler_returns_the_calls_of_each_operation() -> None:
    history = CallHistory()
    history.add(
        {
            SeriesKey("calls", ("list", "200", "", "GET", "")): [3.0],
            SeriesKey("calls", ("", "404", "operation-not-found", "GET", "")): [5.0],
        },
        {"list": "GET /pets"},
        time(),
    )
    answer = asyncio.run(calls_handler(history).answer(Request({"type": "http"}), b""))
    assert json.loads(bytes(answer.body)) == {"calls": {"GET /pets": 3}}
