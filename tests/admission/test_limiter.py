"""The limiter: every limit of a call counts, a refused call holds no place, and the store may be unavailable."""

from collections.abc import Callable
from typing import Any

import pytest

from plugin_gateway.admission.limiter import Entered, Limiter
from plugin_gateway.admission.limits import STORE_AWAY, TOO_MANY_CALLS, CallLimits, Demand, RateLimit, Taken
from plugin_gateway.admission.table import Table
from plugin_gateway.refusal import Refusal
from tests.narrow import as_a, stand_in


def limit(name: str, calls: int) -> RateLimit:
    return RateLimit(name=name, key=name, calls=calls, window_s=86400, burst=calls)


class Verdicts(list[Entered | Refusal]):
    def ask(
        self, limiter: Limiter, operation: str = "read", consumer: str = "", user: bytes = b""
    ) -> Entered | Refusal:
        limiter.admit(operation, consumer, user, self.append)
        return self[-1]


class Store:
    """Answers when the test says so."""

    def __init__(self) -> None:
        self.asked: list[tuple[list[Demand], Callable[..., Any]]] = []

    def take(self, demands: list[Demand], on_taken: Callable[..., Any]) -> None:
        self.asked.append((demands, on_taken))


@pytest.mark.parametrize(
    ("limits", "asks", "passing"),
    [
        (CallLimits(rate=limit("gateway", 2)), [{}, {"operation": "x"}, {}], 2),
        (CallLimits(operations={"read": limit("read", 1)}), [{}, {}, {"operation": "x"}, {"operation": "x"}], 3),
        (CallLimits(consumers={"a": limit("a", 1)}), [{"consumer": "a"}, {"consumer": "a"}, {"consumer": "b"}, {}], 3),
        (CallLimits(user=limit("user", 1)), [{"user": b"u"}, {"user": b"u"}, {"user": b"v"}, {}, {}], 4),
        (CallLimits(concurrency=2), [{}, {}, {}], 2),
    ],
)
def test_each_limit_counts_only_its_own_calls(limits: CallLimits, asks: list[Any], passing: int) -> None:
    limiter, verdicts = Limiter(limits, Table(), None), Verdicts()
    for ask in asks:
        verdicts.ask(limiter, **ask)
    assert sum(isinstance(verdict, Entered) for verdict in verdicts) == passing


def test_a_call_that_leaves_makes_room() -> None:
    limiter, verdicts = Limiter(CallLimits(concurrency=1), Table(), None), Verdicts()
    verdicts.ask(limiter)
    assert verdicts.ask(limiter) is TOO_MANY_CALLS
    limiter.leave()
    assert isinstance(verdicts.ask(limiter), Entered)


def test_a_call_that_a_rate_refuses_holds_no_place() -> None:
    table = Table()
    limiter, verdicts = Limiter(CallLimits(rate=limit("gateway", 1), concurrency=9), table, None), Verdicts()
    verdicts.ask(limiter)
    assert as_a(Refusal, verdicts.ask(limiter)).status == 429
    assert table.calls == 1


def test_the_answer_to_an_admitted_call_shows_the_remaining_rate() -> None:
    limiter = Limiter(CallLimits(rate=limit("gateway", 5)), Table(), None)
    assert as_a(Entered, Verdicts().ask(limiter)).lines == (
        b'RateLimit-Policy: "gateway";q=5;w=86400\r\nRateLimit: "gateway";r=4;t=17280\r\n'
    )


def test_the_store_does_not_contain_the_name_of_a_user() -> None:
    store = Store()
    Limiter(CallLimits(user=limit("user", 1)), Table(), stand_in(store)).admit("read", "", b"alice@example.com", print)
    (demands, _) = store.asked[0]
    assert demands[0].key.startswith("user:")
    assert "alice" not in demands[0].key


@pytest.mark.parametrize(("refuses", "verdict"), [(True, STORE_AWAY), (False, Entered(b""))])
def test_on_store_failure_decides_about_calls_while_the_store_is_away(
    refuses: bool, verdict: Entered | Refusal
) -> None:
    store, table, verdicts = Store(), Table(), Verdicts()
    limits = CallLimits(rate=limit("gateway", 1), concurrency=5, refuses_without_store=refuses)
    Limiter(limits, table, stand_in(store)).admit("read", "", b"", verdicts.append)
    assert verdicts == []
    store.asked[0][1](None)
    assert verdicts == [verdict]
    assert table.calls == (0 if refuses else 1)


def test_the_limiter_returns_the_verdict_of_the_store() -> None:
    store, verdicts = Store(), Verdicts()
    limiter = Limiter(CallLimits(rate=limit("gateway", 3)), Table(), stand_in(store))
    for taken in (Taken(True, (2.0,)), Taken(False, (0.0,))):
        limiter.admit("read", "", b"", verdicts.append)
        store.asked[-1][1](taken)
    assert isinstance(verdicts[0], Entered)
    assert as_a(Refusal, verdicts[1]).code == "rate-limited"


def test_token_requests_have_a_bucket_apart_from_calls() -> None:
    limits = CallLimits(rate=limit("gateway", 1), token_requests=limit("oauth-token", 1))
    limiter, verdicts = Limiter(limits, Table(), None), Verdicts()
    for _ in range(2):
        limiter.admit_token_request(verdicts.append)
    limiter.admit("read", "", b"", verdicts.append)
    assert [isinstance(verdict, Entered) for verdict in verdicts] == [True, False, True]
    Limiter(CallLimits(), Table(), None).admit_token_request(verdicts.append)
    assert isinstance(verdicts[-1], Entered)
