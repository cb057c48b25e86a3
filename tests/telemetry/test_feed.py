from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.gate.mount import mount_at
from plugin_gateway.gate.permit import OperationRule
from plugin_gateway.telemetry.feed import MOST_A_SECOND, MOST_AT_ONCE, MOST_KEPT, Feed
from plugin_gateway.telemetry.record import AccessRecord

RULE = OperationRule(method="GET", path_template="/users/{user}", operation_id="getUser")
FORWARDED = AccessRecord(1.0, b"GET", b"/users/tom?x=y", RULE, 200, 0, 5, 0.0123456, "", b"id", "192.0.2.1", "agent")
REFUSED = AccessRecord(2.0, b"DELETE", b"/users/tom", None, 404, 0, 5, 0.001, "operation-not-found", b"id", "192.0.2.1")


class Stage:
    """A feed, the clock that it reads, and the messages that it sent."""

    def __init__(self, mount: str = "") -> None:
        self.now = 100.0
        self.is_full = False
        self.bodies: list[bytes] = []
        self.feed = Feed(self.post, lambda at: f"at {at:g}", lambda: mount_at(mount, frozenset()), lambda: self.now)

    def post(self, body: bytes) -> bool:
        if not self.is_full:
            self.bodies.append(body)
        return not self.is_full

    def shown(self) -> tuple[list[Any], int]:
        """Return the records that were sent, and how many were dropped."""
        bodies = [body.split(b"\n") for body in self.bodies]
        return [orjson.loads(line) for _, *lines in bodies for line in lines], sum(int(body[0]) for body in bodies)


def test_nothing_is_sent_while_no_person_watches() -> None:
    stage = Stage()
    for _ in range(10):
        stage.feed.add([FORWARDED])
        stage.now += 1
    assert stage.bodies == []


def test_a_forwarded_call_is_shown_by_its_template_and_a_refused_one_by_its_path() -> None:
    stage = Stage()
    stage.feed.watch(is_watched=True)
    stage.feed.add([FORWARDED, REFUSED._replace(target=b"/users/tom?token=abc&page=2")])
    assert stage.shown() == (
        [
            {
                "time": "at 1",
                "caller": "agent",
                "method": "GET",
                "path": "/users/{user}",
                "query": [],
                "operation": "getUser",
                "verdict": "forwarded",
                "reason": None,
                "status": 200,
                "ms": 12.346,
                "n": None,
            },
            {
                "time": "at 2",
                "caller": None,
                "method": "DELETE",
                "path": "/users/tom",
                "query": ["token", "page"],
                "operation": None,
                "verdict": "refused",
                "reason": "operation-not-found",
                "status": 404,
                "ms": 1.0,
                "n": None,
            },
        ],
        0,
    )


def test_a_person_who_opens_the_page_sees_earlier_calls_once() -> None:
    stage = Stage()
    stage.feed.add([FORWARDED])
    stage.feed.add([])
    stage.feed.add([REFUSED])
    for is_watched in (True, True, False, True):
        stage.feed.watch(is_watched=is_watched)
    assert [one["verdict"] for one in stage.shown()[0]] == ["forwarded", "refused"]


@given(st.lists(st.integers(0, 2 * MOST_KEPT), max_size=20))
def test_a_new_page_gets_the_latest_records(sizes: list[int]) -> None:
    stage, numbers = Stage(), iter(range(100_000))
    for size in sizes:
        stage.feed.add([FORWARDED._replace(status=next(numbers)) for _ in range(size)])
        assert sum(map(len, stage.feed._kept)) < 2 * MOST_KEPT
    stage.feed.watch(is_watched=True)
    records, dropped = stage.shown()
    assert [one["status"] for one in records] == list(range(next(numbers)))[-MOST_KEPT:]
    assert dropped == 0


def test_the_last_records_are_sent_when_the_page_is_closed() -> None:
    stage = Stage()
    stage.feed.watch(is_watched=True)
    stage.feed.add([FORWARDED])
    stage.feed.add([REFUSED])
    assert len(stage.shown()[0]) == 1
    stage.feed.watch(is_watched=False)
    assert len(stage.shown()[0]) == 2


def test_records_that_wait_are_sent_after_the_interval_without_another_call() -> None:
    stage = Stage()
    stage.feed.watch(is_watched=True)
    stage.feed.add([FORWARDED])
    stage.feed.add([REFUSED])
    stage.now += 1
    stage.feed.add([])
    assert len(stage.bodies) == 2


def test_a_flood_is_bounded_and_counted_and_does_not_hide_the_other_kind() -> None:
    stage = Stage()
    stage.feed.watch(is_watched=True)
    for _ in range(100):
        stage.feed.add([REFUSED] * 100)
        stage.now += 0.01
    stage.feed.add([FORWARDED])
    stage.now += 1
    stage.feed.add([])
    records, dropped = stage.shown()
    refused = sum(one["verdict"] == "refused" for one in records)
    assert MOST_AT_ONCE <= refused <= MOST_AT_ONCE + MOST_A_SECOND
    assert refused + dropped == 10_000
    assert records[-1]["verdict"] == "forwarded"


def test_refused_calls_are_shown_during_a_flood_of_forwarded_ones() -> None:
    stage = Stage()
    stage.feed.watch(is_watched=True)
    stage.feed.add([FORWARDED] * (MOST_AT_ONCE + 1))
    stage.now += 0.001
    stage.feed.add([FORWARDED, REFUSED, FORWARDED])
    stage.feed.watch(is_watched=False)
    records, dropped = stage.shown()
    assert records[-1]["verdict"] == "refused"
    assert dropped == 3


def test_records_for_a_full_channel_are_counted_as_dropped() -> None:
    stage = Stage()
    stage.feed.watch(is_watched=True)
    stage.is_full = True
    stage.feed.add([FORWARDED] * 3)
    stage.is_full = False
    stage.now += 1
    stage.feed.add([REFUSED])
    records, dropped = stage.shown()
    assert len(records) == 1
    assert dropped == 3


@given(st.binary(max_size=3000), st.binary(max_size=60), st.text(max_size=400))
def test_hostile_texts_are_bounded_and_stay_one_line(target: bytes, method: bytes, caller: str) -> None:
    stage = Stage()
    stage.feed.watch(is_watched=True)
    stage.feed.add([REFUSED._replace(target=target, method=method, consumer=caller)])
    ((one,), _) = stage.shown()
    assert len(one["path"]) <= 300
    assert (one["path"] + one["method"] + "".join(one["query"])).isprintable()
    assert (one["path"] + one["method"] + "".join(one["query"])).isascii()
    assert stage.bodies[0].count(b"\n") == 1


def test_half_a_surrogate_pair_is_shown_escaped() -> None:
    stage = Stage()
    stage.feed.watch(is_watched=True)
    rule = OperationRule(method="GET", path_template="/\ud800", operation_id="\udfff")
    stage.feed.add([FORWARDED._replace(consumer="é\ud800", rule=rule)])
    ((one,), _) = stage.shown()
    assert (one["caller"], one["path"], one["operation"]) == ("é\\ud800", "/\\ud800", "\\udfff")


@given(st.text(alphabet="abcdefgh", min_size=8), st.sampled_from(["?", "%3F", "%253f", "#", ";x=1?"]))
def test_query_values_are_never_shown(value: str, delimiter: str) -> None:
    stage = Stage()
    stage.feed.watch(is_watched=True)
    stage.feed.add([REFUSED._replace(target=f"/users{delimiter}key={value}".encode())])
    assert value.encode() not in stage.bodies[0]


def test_the_length_of_a_masked_secret_is_not_shown() -> None:
    stage = Stage()
    stage.feed.watch(is_watched=True)
    stage.feed.add([REFUSED._replace(target=b"/keys/****************/x?******=1")])
    ((one,), _) = stage.shown()
    assert (one["path"], one["query"]) == ("/keys/*/x", ["*"])


@pytest.mark.parametrize(
    ("target", "path"), [(b"/plugin/users", "/users"), (b"/users", "/users"), (b"/plugins", "/plugins")]
)
def test_paths_are_shown_without_the_mount(target: bytes, path: str) -> None:
    stage = Stage(mount="/plugin")
    stage.feed.watch(is_watched=True)
    stage.feed.add([REFUSED._replace(target=target)])
    assert stage.shown()[0][0]["path"] == path
