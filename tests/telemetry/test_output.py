"""Outputs write lines, and a slow or missing reader never delays a call."""

import os
import socket
import threading
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.telemetry.log import Log
from plugin_gateway.telemetry.output import (
    ATOMIC_BYTES,
    MAX_WAITING_BYTES,
    FileOutput,
    ThreadOutput,
    WaitingOutput,
    output_to,
    pieces,
)
from plugin_gateway.telemetry.record import AccessRecord
from tests.bounds import BOUND_S


def record(status: int = 200) -> AccessRecord:
    return AccessRecord(1.25, b"GET", b"/", None, status, 0, 0, 0.001, "", b"id", "192.0.2.1")


def ends(kind: str, folder: Path) -> tuple[int, int]:
    """Two descriptors: one to read lines from, one to write them to."""
    if kind == "pipe":
        return os.pipe()
    if kind == "socket":
        ours, theirs = socket.socketpair()
        return ours.detach(), theirs.detach()
    writer = os.open(folder / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    return os.open(folder / "log", os.O_RDONLY), writer


@pytest.mark.parametrize(("kind", "output"), [("pipe", WaitingOutput), ("file", FileOutput), ("socket", ThreadOutput)])
def test_each_kind_of_descriptor_gets_every_line_in_order(kind: str, output: type[Any], tmp_path: Path) -> None:
    reader, writer = ends(kind, tmp_path)
    lines = [b"%d %s\n" % (number, b"x" * (number % 300)) for number in range(200)]
    it = output_to(writer)
    assert isinstance(it, output)
    for at in range(0, 200, 50):
        assert it.write(b"".join(lines[at : at + 50]))
    it.close(BOUND_S)
    assert os.get_blocking(writer)
    os.close(writer)
    with os.fdopen(reader, "rb") as file:
        assert file.read() == b"".join(lines)
    assert it.lost == 0


def test_a_reader_that_stalls_stops_no_call_and_dropped_lines_are_counted() -> None:
    reader, writer = os.pipe()
    log = Log(fd=writer)
    batch = [record()] * 400
    written = dropped = 0
    while not dropped:
        dropped = log.access(batch)
        written += 400 - dropped
    assert dropped == 400
    read: list[bytes] = []
    drain = threading.Thread(target=lambda: read.extend(iter(lambda: os.read(reader, 1 << 20), b"")), daemon=True)
    drain.start()
    log.close(BOUND_S)
    os.close(writer)
    drain.join(BOUND_S)
    os.close(reader)
    assert b"".join(read).count(b"\n") == written
    assert log.lost == 0


def test_lines_that_no_reader_took_until_the_end_are_counted() -> None:
    reader, writer = os.pipe()
    it = output_to(writer)
    line = b"x" * 999 + b"\n"
    for _ in range(100):
        assert it.write(line * 2)
    it.close(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as file:
        assert it.lost + file.read().count(b"\n") == 200
    assert it.lost > 0
    assert MAX_WAITING_BYTES > 200_000


def test_a_log_without_reader_is_no_error() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    log = Log(fd=writer)
    log.event("info", "x", "nobody hears")
    log.close(5)
    os.close(writer)


def test_lines_that_cannot_be_written_are_counted() -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    log = Log(fd=full)
    log.event("info", "x", "one")
    log.access([record(), record()])
    log.close(5)
    os.close(full)
    assert log.lost == 3


@given(st.lists(st.integers(1, 6000), max_size=12))
def test_a_batch_is_cut_at_line_ends_into_writes_the_kernel_does_not_mix(sizes: list[int]) -> None:
    lines = [b"x" * (size - 1) + b"\n" for size in sizes]
    found = pieces(b"".join(lines))
    assert b"".join(found) == b"".join(lines)
    assert all(piece.endswith(b"\n") for piece in found)
    assert all(len(piece) <= ATOMIC_BYTES or piece.count(b"\n") == 1 for piece in found)


def test_a_file_is_given_whole_batches(tmp_path: Path) -> None:
    with (tmp_path / "log").open("ab") as file:
        log = Log(fd=file.fileno())
        log.access([record()] * 400)
        log.close(5)
    lines = (tmp_path / "log").read_bytes().splitlines()
    assert len(lines) == 400
    assert len({orjson.loads(line)["request_id"] for line in lines}) == 1
