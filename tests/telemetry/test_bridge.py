import errno
import json
import logging
import os
import threading
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from plugin_gateway.telemetry import Log, attach, detach, telling


@pytest.fixture
def lines() -> Iterator[Callable[..., Any]]:
    reading, writing = os.pipe()
    log = Log(format="json", level="info", fd=writing)
    bridge = attach(log)

    def read() -> list[dict[str, str]]:
        log.close()
        os.close(writing)
        with os.fdopen(reading) as file:
            return [json.loads(line) for line in file]

    yield read
    detach(bridge)


def test_a_record_of_a_module_is_a_line_of_the_log_with_its_members(lines: Callable[..., Any]) -> None:
    logging.getLogger("plugin_gateway.x").warning(
        "%s is away", "Redis", extra={"event": "outage-began", "what": "Redis"}
    )
    logging.getLogger("plugin_gateway.x").info("and back")
    logging.getLogger("plugin_gateway.x").debug("details")
    told, back = lines()
    assert (told["level"], told["event"], told["message"], told["what"]) == (
        "warning", "outage-began", "Redis is away", "Redis",
    )  # fmt: skip
    assert (back["level"], back["event"]) == ("info", "log")


def test_records_of_libraries_are_written_from_warning_on(lines: Callable[..., Any]) -> None:
    logging.getLogger("some.library").info("chatter")
    logging.getLogger("some.library").error("two\nlines")
    (line,) = lines()
    assert (line["logger"], line["message"], line["level"]) == ("some.library", "two lines", "error")


def test_an_exception_is_one_line_that_names_places_and_quotes_nothing(lines: Callable[..., Any]) -> None:
    try:
        int("sekret")
    except ValueError:
        logging.getLogger("plugin_gateway.x").exception("The app raised")
    (line,) = lines()
    assert line["error"] == "ValueError"
    assert "test_bridge.py" in line["traceback"]
    assert "sekret" not in json.dumps(line)


def test_a_record_that_cannot_be_formatted_does_not_raise_in_the_code_that_logs(
    lines: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging, "raiseExceptions", False)
    logging.getLogger("plugin_gateway.x").warning("%d", "no number")
    assert lines() == []


def test_warnings_and_errors_of_threads_are_lines_too(lines: Callable[..., Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=True)
        warnings.warn("old", DeprecationWarning, stacklevel=1)
    thread = threading.Thread(target=int, args=("sekret",), name="t")
    thread.start()
    thread.join()
    warned, crashed = lines()
    assert (warned["level"], warned["logger"]) == ("warning", "py.warnings")
    assert (crashed["event"], crashed["error"]) == ("crashed", "ValueError")
    assert "sekret" not in json.dumps(crashed)


def test_an_unexpected_error_is_the_last_line_and_ends_the_process() -> None:
    reading, writing = os.pipe()
    with pytest.raises(SystemExit) as ended, telling(Log(format="json", fd=writing)):
        int("sekret")
    os.close(writing)
    with os.fdopen(reading) as file:
        (line,) = map(json.loads, file)
    assert ended.value.code == 1
    assert (line["event"], line["error"]) == ("crashed", "ValueError")
    assert "sekret" not in json.dumps(line)


@pytest.mark.parametrize(
    ("error", "event"), [(errno.EMFILE, "exhausted"), (errno.ENOMEM, "exhausted"), (errno.EIO, "crashed")]
)
def test_a_process_that_the_system_gives_too_little_is_not_called_a_bug(error: int, event: str) -> None:
    reading, writing = os.pipe()
    with pytest.raises(SystemExit) as ended, telling(Log(format="json", fd=writing)):
        raise OSError(error, os.strerror(error), "/srv/sekret")
    os.close(writing)
    with os.fdopen(reading) as file:
        (line,) = map(json.loads, file)
    assert (ended.value.code, line["event"]) == (1, event)
    assert "sekret" not in json.dumps(line)
