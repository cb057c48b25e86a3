import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.telemetry.traffic import MOST_RECORDS, MOST_VIEWERS, Traffic, Viewer


def body(*lines: int, dropped: int = 0) -> bytes:
    return b"\n".join([b"%d" % dropped, *(b"%06d" % line for line in lines)])


def told() -> tuple[Traffic, list[bool]]:
    watched: list[bool] = []
    return Traffic(watched.append), watched


def lines(viewer: Viewer) -> list[bytes]:
    return viewer.take()[0]


def test_on_watch_is_called_for_the_first_viewer_and_after_the_last() -> None:
    traffic, watched = told()
    first, second = traffic.enter(bool), traffic.enter(bool)
    assert watched == [True]
    traffic.leave(first)
    assert watched == [True]
    traffic.leave(second)
    assert watched == [True, False]


def test_a_page_gets_the_last_records_and_then_the_new_ones() -> None:
    traffic, _ = told()
    traffic.take(body(*range(MOST_RECORDS + 7)))
    woken: list[None] = []
    viewer = traffic.enter(lambda: woken.append(None))
    assert lines(viewer) == [b"%06d" % number for number in range(7, MOST_RECORDS + 7)]
    traffic.take(body(999))
    assert lines(viewer) == [b"000999"]
    assert len(woken) == 2


def test_the_records_of_several_workers_come_in_the_order_of_their_times() -> None:
    traffic, _ = told()
    early = traffic.enter(bool)
    traffic.take(body(*range(1, 999, 2)))
    traffic.take(body(*range(0, 999, 2)))
    expected = [b"%06d" % number for number in range(999)][-MOST_RECORDS:]
    assert lines(early) == expected
    assert lines(traffic.enter(bool)) == expected


def test_a_page_that_does_not_read_costs_bounded_memory_and_learns_how_much_it_missed() -> None:
    traffic, _ = told()
    slow = traffic.enter(bool)
    for number in range(50):
        traffic.take(body(*[number] * 100, dropped=1))
    records, dropped = slow.take()
    assert len(records) == MOST_RECORDS
    assert dropped == 50 * 100 - MOST_RECORDS + 50
    assert slow.take() == ([], 0)


@given(st.lists(st.integers(0, 700), max_size=8), st.lists(st.booleans(), max_size=8))
def test_received_and_dropped_records_add_up_to_all_records(sizes: list[int], takes: list[bool]) -> None:
    traffic, _ = told()
    viewer = traffic.enter(bool)
    seen = missed = 0
    for size, takes_now in zip(sizes, [*takes, *[True] * 8], strict=False):
        traffic.take(body(*range(size)))
        if takes_now:
            records, dropped = viewer.take()
            seen, missed = seen + len(records), missed + dropped
    records, dropped = viewer.take()
    assert seen + missed + len(records) + dropped == sum(sizes)


def test_pages_are_bounded() -> None:
    traffic, _ = told()
    viewers = [traffic.enter(bool) for _ in range(MOST_VIEWERS)]
    assert not traffic.has_room
    traffic.leave(viewers[0])
    assert traffic.has_room


def test_at_the_end_each_page_is_woken_and_no_page_may_enter() -> None:
    traffic, _ = told()
    woken: list[None] = []
    traffic.enter(lambda: woken.append(None))
    woken.clear()
    traffic.close()
    assert woken == [None]
    assert traffic.is_closed
    assert not traffic.has_room


def test_pages_can_be_made_to_look_whether_their_session_has_ended() -> None:
    traffic, _ = told()
    woken: list[None] = []
    traffic.enter(lambda: woken.append(None))
    woken.clear()
    traffic.wake()
    assert woken == [None]
    assert not traffic.is_closed


@pytest.mark.parametrize("sent", [b"", b"many\n{}", b"{}"])
def test_a_message_that_cannot_be_read_changes_nothing(sent: bytes) -> None:
    traffic, _ = told()
    viewer = traffic.enter(bool)
    with pytest.raises(ValueError, match="invalid literal"):
        traffic.take(sent)
    traffic.take(body(1))
    assert viewer.take() == ([b"000001"], 0)
