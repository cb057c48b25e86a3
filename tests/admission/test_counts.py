import pytest

from plugin_gateway.admission.counts import Counts
from plugin_gateway.admission.limiter import Entered, Limiter
from plugin_gateway.admission.limits import CallLimits, RateLimit
from plugin_gateway.refusal import Refusal
from tests.narrow import present

ONE = CallLimits(rate=RateLimit(name="gateway", key="gateway", calls=1, window_s=86400, burst=1))


def admit(limiter: Limiter) -> bool:
    verdicts: list[Entered | Refusal] = []
    limiter.admit("read", "", b"", verdicts.append)
    return not isinstance(verdicts[0], Refusal)


def test_a_revision_without_limits_gets_no_limiter() -> None:
    assert Counts().limiter(CallLimits()) is None


def test_a_reload_does_not_fill_the_buckets() -> None:
    counts = Counts()
    assert admit(present(counts.limiter(ONE)))
    assert not admit(present(counts.limiter(ONE)))


def test_a_reload_keeps_the_connection_to_the_same_redis() -> None:
    pytest.importorskip("redis", reason="the redis extra is not installed")
    counts = Counts()
    limits = CallLimits(rate=ONE.rate, store_url="redis://127.0.0.1:1/0", space="a")
    shared = present(counts.limiter(limits))._shared
    assert present(counts.limiter(limits))._shared is shared
    elsewhere = CallLimits(rate=ONE.rate, store_url="redis://127.0.0.1:1/1", space="a")
    assert present(counts.limiter(elsewhere))._shared is not shared
    counts.close()
