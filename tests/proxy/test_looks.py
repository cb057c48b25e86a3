from plugin_gateway.proxy.looks import LOOKS_A_SECOND, LookBudget


def test_a_bounded_number_of_calls_a_second_is_looked_at() -> None:
    now = 1000.0
    looks = LookBudget(lambda: now)
    assert [looks.take() for _ in range(1000)].count(True) == LOOKS_A_SECOND
    now += 1
    # While a gateway is busy, not every call reads the clock.
    assert True in [looks.take() for _ in range(100)]
