import os
import threading

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.telemetry.log import ATOMIC_BYTES, MAX_WAITING_BATCHES, Log, pieces
from plugin_gateway.telemetry.record import AccessRecord


@pytest.fixture
def written():
    """A log on a pipe, and what comes out of it once it is closed."""
    reader, writer = os.pipe()
    logs = []

    def make(**options):
        logs.append(Log(fd=writer, **options))
        return logs[-1]

    def read():
        for log in logs:
            log.close()
        os.close(writer)
        with os.fdopen(reader, "rb") as file:
            return file.read()

    return make, read


def record(status=200):
    return AccessRecord(1.25, b"GET", b"/", None, status, 0, 0, 0.001, "", b"id", "192.0.2.1")


def test_events_are_json_lines_with_time_level_and_message(written):
    make, read = written
    make().event("error", "worker-ended", "worker 7 ended", pid=7)
    line = orjson.loads(read())
    assert line.pop("time").endswith("Z")
    assert line == {"level": "error", "event": "worker-ended", "message": "worker 7 ended", "pid": 7}


def test_text_format_has_the_same_message(written):
    make, read = written
    make(format="text").event("warning", "x", "mind this")
    assert read().decode().endswith(" warning mind this\n")


@pytest.mark.parametrize(("level", "lines"), [("info", 2), ("warning", 1), ("error", 0)])
def test_level_decides_which_access_records_are_written(written, level, lines):
    make, read = written
    make(level=level).access([record(200), record(503)])
    assert read().count(b"\n") == lines


def test_a_revision_changes_level_and_format_of_a_running_log(written):
    make, read = written
    log = make(level="error")
    log.event("info", "x", "unseen")
    log.adopt(format="text", level="info")
    log.event("info", "x", "seen")
    assert read().endswith(b"info    seen\n")


def test_a_reader_that_stalls_stops_no_call_and_what_it_missed_is_counted():
    reader, writer = os.pipe()
    log = Log(fd=writer)
    batch = [record()] * 400
    dropped = 0
    for _ in range(MAX_WAITING_BATCHES + 10):
        dropped += log.access(batch)
    assert dropped >= 400
    drain = threading.Thread(target=lambda: [None for _ in iter(lambda: os.read(reader, 1 << 20), b"")], daemon=True)
    drain.start()
    log.close(5)
    os.close(writer)
    drain.join(5)
    os.close(reader)


def test_a_log_without_reader_is_no_error(written):
    reader, writer = os.pipe()
    os.close(reader)
    log = Log(fd=writer)
    log.event("info", "x", "nobody hears")
    log.close(5)
    os.close(writer)


def test_lines_that_cannot_be_written_are_counted():
    full = os.open("/dev/full", os.O_WRONLY)
    log = Log(fd=full)
    log.event("info", "x", "one")
    log.access([record(), record()])
    log.close(5)
    os.close(full)
    assert log.lost == 3


def test_a_log_is_text_on_a_terminal_unless_json_is_asked_for(written):
    make, _ = written
    ours, terminal = os.openpty()
    try:
        assert not Log(fd=terminal).is_json
        assert Log(fd=terminal, format="json").is_json
        assert make().is_json
    finally:
        os.close(ours)
        os.close(terminal)


def test_a_terminal_obeys_no_message(written):
    make, read = written
    make(format="text").event("warning", "x", "a\x1b[31mb\r", error="E", traceback="f file:1")
    assert read().endswith("warning a·[31mb· (E: f file:1)\n".encode())


@given(st.lists(st.integers(1, 6000), max_size=12))
def test_a_batch_is_cut_at_line_ends_into_writes_the_kernel_does_not_mix(sizes):
    lines = [b"x" * (size - 1) + b"\n" for size in sizes]
    found = pieces(b"".join(lines))
    assert b"".join(found) == b"".join(lines)
    assert all(piece.endswith(b"\n") for piece in found)
    assert all(len(piece) <= ATOMIC_BYTES or piece.count(b"\n") == 1 for piece in found)


def test_a_file_is_given_whole_batches(tmp_path):
    with (tmp_path / "log").open("ab") as file:
        log = Log(fd=file.fileno())
        log.access([record()] * 400)
        log.close(5)
    lines = (tmp_path / "log").read_bytes().splitlines()
    assert len(lines) == 400
    assert len({orjson.loads(line)["request_id"] for line in lines}) == 1
