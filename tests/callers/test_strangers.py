import pytest

from plugin_gateway.admission.limits import RateLimit
from plugin_gateway.callers.strangers import Strangers, share_of


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def strangers(clock: Clock, **more: int) -> Strangers:
    return Strangers(RateLimit(name="n", key="k", calls=2, window_s=10, burst=2), clock, **more)


def test_an_address_waits_when_its_budget_is_used_up_and_the_others_do_not() -> None:
    clock = Clock()
    it = strangers(clock)
    it.failed("a")
    assert it.wait_s("a") == 0
    it.failed("a")
    assert (it.wait_s("a"), it.wait_s("b")) == (5, 0)
    clock.now += 5
    assert it.wait_s("a") == 0
    it.failed("a")
    it.failed("a")
    assert it.wait_s("a") == 5


def test_addresses_are_forgotten_the_oldest_first() -> None:
    it = strangers(Clock(), max_addresses=2)
    for address in ("a", "b", "a", "a", "c"):
        it.failed(address)
    assert len(it) == 2
    assert it.wait_s("a") > 0


@pytest.mark.parametrize(
    ("address", "share"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::", "2001:db8:1:2::"),
        ("fe80::1%eth0", "fe80::"),
        ("", ""),
        ("testclient", "testclient"),
    ],
)
def test_a_network_of_one_subscriber_has_one_share(address: str, share: str) -> None:
    assert share_of(address) == share
