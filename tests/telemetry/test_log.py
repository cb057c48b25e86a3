import os
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from plugin_gateway.telemetry.log import Log
from plugin_gateway.telemetry.record import AccessRecord


@pytest.fixture
def written() -> tuple[Callable[..., Any], Callable[..., Any]]:
    """A log on a pipe, and its output once it is closed."""
    reader, writer = os.pipe()
    logs = []

    def make(**options: str) -> Log:
        logs.append(Log(fd=writer, **options))
        return logs[-1]

    def read() -> bytes:
        for log in logs:
            log.close()
        os.close(writer)
        with os.fdopen(reader, "rb") as file:
            return file.read()

    return make, read


def record(status: int = 200) -> AccessRecord:
    return AccessRecord(1.25, b"GET", b"/", None, status, 0, 0, 0.001, "", b"id", "192.0.2.1")


def test_events_are_json_lines_with_time_level_and_message(
    written: tuple[Callable[..., Any], Callable[..., Any]],
) -> None:
    make, read = written
    make().event("error", "worker-ended", "worker 7 ended", pid=7)
    line = orjson.loads(read())
    assert line.pop("time").endswith("Z")
    assert line == {"level": "error", "event": "worker-ended", "message": "worker 7 ended", "pid": 7}


def test_text_format_has_the_same_message(written: tuple[Callable[..., Any], Callable[..., Any]]) -> None:
    make, read = written
    make(format="text").event("warning", "x", "mind this")
    assert read().decode().endswith(" warning mind this\n")


@pytest.mark.parametrize(("level", "lines"), [("info", 2), ("warning", 1), ("error", 0)])
def test_level_decides_which_access_records_are_written(
    written: tuple[Callable[..., Any], Callable[..., Any]], level: str, lines: int
) -> None:
    make, read = written
    make(level=level).access([record(200), record(503)])
    assert read().count(b"\n") == lines


def test_a_revision_changes_level_and_format_of_a_running_log(
    written: tuple[Callable[..., Any], Callable[..., Any]],
) -> None:
    make, read = written
    log = make(level="error")
    log.event("info", "x", "unseen")
    log.adopt(format="text", level="info")
    log.event("info", "x", "seen")
    assert read().endswith(b"info    seen\n")


def test_a_log_is_text_on_a_terminal_unless_json_is_asked_for(
    written: tuple[Callable[..., Any], Callable[..., Any]],
) -> None:
    make, _ = written
    ours, terminal = os.openpty()
    try:
        assert not Log(fd=terminal).is_json
        assert Log(fd=terminal, format="json").is_json
        assert make().is_json
    finally:
        os.close(ours)
        os.close(terminal)


def test_a_message_cannot_control_the_terminal(written: tuple[Callable[..., Any], Callable[..., Any]]) -> None:
    make, read = written
    make(format="text").event("warning", "x", "a\x1b[31mb\r", error="E", traceback="f file:1")
    assert read().endswith("warning a·[31mb· (E: f file:1)\n".encode())


def test_a_line_that_a_full_pipe_refused_is_written_by_a_retry() -> None:
    reader, writer = os.pipe()
    log = Log(fd=writer)
    os.set_blocking(writer, False)
    filled = os.write(writer, b"x" * 10_000_000)
    log.event("info", "reloaded", "revision 2")

    assert os.read(reader, filled) == b"x" * filled
    log.retry()

    assert b"revision 2" in os.read(reader, 4096)
    log.close()
    os.close(reader)
    os.close(writer)
