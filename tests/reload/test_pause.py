from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.reload.pause import LEAST_S, MOST_S, pause_s


@given(waited_s=st.floats(0, 1e9), chance=st.floats(0, 1))
def test_a_pause_is_bounded(waited_s: float, chance: float) -> None:
    assert LEAST_S <= pause_s(waited_s, chance) <= MOST_S


@given(waited_s=st.floats(0, 1e6), longer_s=st.floats(0, 1e6), chance=st.floats(0, 1))
def test_the_longer_the_wait_the_longer_the_pause(waited_s: float, longer_s: float, chance: float) -> None:
    assert pause_s(waited_s, chance) <= pause_s(waited_s + longer_s, chance)


def test_replicas_that_started_together_do_not_ask_together() -> None:
    assert pause_s(0, 0) < pause_s(0, 1)
    assert pause_s(40, 0) < pause_s(40, 1)
