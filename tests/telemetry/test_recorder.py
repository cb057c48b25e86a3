import asyncio
import os
from collections.abc import Sequence

import pytest

from plugin_gateway.gate.permit import OperationRule
from plugin_gateway.telemetry.audit import Audit
from plugin_gateway.telemetry.feed import Feed
from plugin_gateway.telemetry.log import Log
from plugin_gateway.telemetry.record import AccessRecord
from plugin_gateway.telemetry.recorder import LEAST_BATCH, SHARE, Recorder
from plugin_gateway.telemetry.series import SeriesKey
from tests.bounds import BOUND_S

RECORD = AccessRecord(1.25, b"GET", b"/", None, 200, 0, 5, 0.001, "", b"id", "192.0.2.1")


def test_the_hot_path_only_appends_and_everything_is_counted_when_asked() -> None:
    recorder = Recorder(Log(level="error"))
    record = recorder.record
    for _ in range(3):
        record(RECORD)
    assert recorder.series()[SeriesKey("bytes_out")] == [15]
    record(RECORD)
    assert recorder.series()[SeriesKey("calls", ("", "200", "", "GET", ""))] == [4]


def test_records_are_flushed_while_the_loop_runs() -> None:
    reader, writer = os.pipe()
    log = Log(fd=writer)
    recorder = Recorder(log)

    async def serve() -> bytes:
        recorder.start(asyncio.get_running_loop())
        recorder.record(RECORD)
        line = await asyncio.wait_for(asyncio.to_thread(os.read, reader, 4096), BOUND_S)
        recorder.stop()
        return line

    assert b'"event":"access"' in asyncio.run(serve())
    log.close()
    os.close(writer)
    os.close(reader)


def test_many_waiting_records_are_taken_in_small_batches_between_calls() -> None:
    batches: list[int] = []
    whole = asyncio.Event()

    class Sizes(Log):
        def access(self, records: Sequence[AccessRecord]) -> int:
            batches.append(len(records))
            if sum(batches) == 4000:
                whole.set()
            return 0

    async def serve() -> None:
        recorder = Recorder(Sizes(level="error"))
        for _ in range(4000):
            recorder.record(RECORD)
        recorder.start(asyncio.get_running_loop())
        await asyncio.wait_for(whole.wait(), BOUND_S)

    asyncio.run(serve())
    assert max(batches) == max(LEAST_BATCH, 4000 // SHARE)


def test_a_batch_that_fails_is_not_the_last_one() -> None:
    written = asyncio.Event()

    class FailsOnce(Log):
        failed = False

        def access(self, records: Sequence[AccessRecord]) -> int:
            if records and not self.failed:
                self.failed = True
                raise OSError(24, "too many open files")
            if records:
                written.set()
            return 0

    async def serve() -> bool:
        log = FailsOnce(level="error")
        recorder = Recorder(log)
        loop = asyncio.get_running_loop()

        def failed(*_: object) -> None:
            recorder.record(RECORD)

        loop.set_exception_handler(failed)
        recorder.record(RECORD)
        recorder.start(loop)
        await asyncio.wait_for(written.wait(), BOUND_S)
        return log.failed

    assert asyncio.run(serve())


def test_stopping_loses_no_record() -> None:
    reader, writer = os.pipe()
    log = Log(fd=writer)
    recorder = Recorder(log)
    recorder.record(RECORD)
    recorder.stop()
    log.close()
    os.close(writer)
    with os.fdopen(reader, "rb") as file:
        assert file.read().count(b"\n") == 1


def test_a_secret_in_a_refused_path_is_covered() -> None:
    reader, writer = os.pipe()
    log = Log(fd=writer)
    recorder = Recorder(log, lambda sent: sent.replace(b"s3cret", b"******"))
    recorder.record(RECORD._replace(target=b"/keys/s3cret"))
    recorder.stop()
    log.close()
    assert b'"path":"/keys/******"' in os.read(reader, 4096)
    os.close(writer)
    os.close(reader)


@pytest.mark.parametrize("rule", [None, OperationRule(method="GET", path_template="/", operation_id="a")])
def test_a_secret_in_a_request_id_or_a_refused_method_is_covered(rule: OperationRule | None) -> None:
    bodies: list[bytes] = []
    audited: list[AccessRecord] = []

    def keep(body: bytes) -> bool:
        bodies.append(body)
        return True

    class Kept(Audit):
        def add(self, records: Sequence[AccessRecord]) -> None:
            audited.extend(records)

    reader, writer = os.pipe()
    log, feed = Log(fd=writer), Feed(keep, str)
    recorder = Recorder(log, lambda sent: sent.replace(b"s3cret", b"******"), Kept(str), feed=feed)
    recorder.watch(is_watched=True)
    method = b"GET" if rule else b"s3cret"
    recorder.record(RECORD._replace(method=method, rule=rule, request_id=b"my-s3cret"))
    recorder.record(RECORD._replace(rule=rule, request_id=b"mine"))
    recorder.stop()
    log.close()
    assert b"s3cret" not in b"".join(bodies)
    for written in (os.read(reader, 4096), str(audited).encode()):
        assert b"s3cret" not in written
        assert b"my-******" in written
        assert b"mine" in written
    os.close(writer)
    os.close(reader)


def test_a_person_who_begins_to_watch_sees_all_earlier_calls() -> None:
    bodies: list[bytes] = []

    def take(body: bytes) -> bool:
        bodies.append(body)
        return True

    recorder = Recorder(Log(level="error"), feed=Feed(take, str))
    recorder.record(RECORD)
    recorder.watch(is_watched=True)
    assert [body.count(b"\n") for body in bodies] == [1]
    recorder.record(RECORD)
    recorder.watch(is_watched=False)
    assert [body.count(b"\n") for body in bodies] == [1, 1]


def test_a_recorder_without_a_feed_shows_nothing() -> None:
    Recorder(Log(level="error")).watch(is_watched=True)


def test_the_rest_of_a_long_target_is_not_kept() -> None:
    feed = Feed(lambda body: True, str)
    recorder = Recorder(Log(level="error"), feed=feed)
    recorder.record(RECORD._replace(target=b"/" * 60_000))
    recorder.flush()
    assert [len(record.target) for batch in feed._kept for record in batch] == [1024]
