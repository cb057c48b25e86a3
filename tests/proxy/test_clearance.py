"""The order of a clearance's steps, late answers, and when a call may be sent again."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from plugin_gateway.admission.limiter import Entered
from plugin_gateway.credentials.injection import Injection
from plugin_gateway.gate.permit import OperationRule, Permit
from plugin_gateway.proxy.clearance import Clearance
from plugin_gateway.proxy.clock import Clock
from plugin_gateway.proxy.door import Access
from plugin_gateway.proxy.downlink import Downlink
from plugin_gateway.proxy.forward import RequestHead
from plugin_gateway.proxy.granted import GrantedUplink
from plugin_gateway.proxy.known_secrets import KnownSecrets
from plugin_gateway.proxy.plan import Plan
from plugin_gateway.proxy.pool import Pool
from plugin_gateway.proxy.received import FieldBlock, Permitted
from plugin_gateway.proxy.uplink import Uplink
from plugin_gateway.proxy.wire import RequestFields, read_request_lines
from plugin_gateway.refusal import Refusal
from plugin_gateway.revision import UpstreamSettings
from tests.narrow import stand_in

RULE = OperationRule(method="GET", path_template="/p", operation_id="read")
REFUSED = Refusal(status=429, code="rate-limited", detail="No.")
UPSTREAM = UpstreamSettings(host="up", port=1, authority=b"up")
GRANTED = GrantedUplink(Uplink(RULE, UPSTREAM, Injection()), "token-1")


class Exchange:
    """Records the outcome of a clearance."""

    clearance: Clearance

    def __init__(self) -> None:
        self.heard: list[tuple[str, Any]] = []

    def on_cleared(self) -> None:
        self.heard.append(("cleared", self.clearance.uplink))

    def on_refused(self, refusal: Refusal) -> None:
        self.heard.append(("refused", refusal))


class Asked:
    """Plays limiter and grants; answers at once if it has an answer, or later."""

    renews = True
    may = True

    def __init__(self, answer: Any = None) -> None:
        self.answer, self.questions, self.left = answer, list[tuple[bytes | str, ...]](), 0

    def admit(self, operation_id: str, consumer: str, user: bytes, on_verdict: Callable[..., Any]) -> None:
        self.ask((operation_id, consumer, user), on_verdict)

    def obtain(
        self,
        rule: OperationRule,
        request: RequestFields,
        on_granted: Callable[..., Any],
        *,
        refused: str = "",
        address: str = "",
    ) -> None:
        self.ask((rule.operation_id, refused), on_granted)

    def ask(self, question: tuple[bytes | str, ...], on_answer: Callable[..., Any]) -> None:
        self.questions.append(question)
        self.reply = on_answer
        if self.answer is not None:
            on_answer(self.answer)

    def may_renew(self, request: RequestFields, refused: str) -> bool:
        return self.may

    def leave(self) -> None:
        self.left += 1


def scene(
    limiter: Asked | None = None, granted: Asked | None = None, body: bytes = b"", lines: Sequence[bytes] = ()
) -> tuple[Exchange, Clearance]:
    exchange = Exchange()
    uplink = Uplink(RULE, UPSTREAM, Injection())
    downlink = Downlink(UPSTREAM, "https://gw", KnownSecrets(), varies_by_origin=False)
    plan = Plan(
        RULE, uplink, downlink, Pool(UPSTREAM, Clock()), {}, limiter=stand_in(limiter), granted=stand_in(granted)
    )
    block = FieldBlock(read_request_lines([b"Host: a", *lines], 1))
    access = Access("alice", lambda method, target, fields: REFUSED, {})
    permitted = Permitted(plan, access, RequestHead(b"GET", b"/p", block), Permit(RULE, b"/p", b""))
    exchange.clearance = Clearance(permitted, body, "192.0.2.1", exchange.on_cleared, exchange.on_refused)
    return exchange, exchange.clearance


def test_limits_are_asked_before_a_token_is_got() -> None:
    limiter, granted = Asked(Entered(b"RateLimit: x\r\n")), Asked(GRANTED)
    exchange, clearance = scene(limiter, granted, lines=[b"OpenAI-Ephemeral-User-Id: someone"])
    assert not clearance.ask()
    assert limiter.questions == [("read", "alice", b"someone")]
    assert granted.questions == [("read", "")]
    assert exchange.heard == [("cleared", GRANTED.uplink)]
    assert clearance.lines == b"RateLimit: x\r\n"


def test_a_call_that_is_refused_gets_no_token_and_need_not_leave() -> None:
    limiter, granted = Asked(REFUSED), Asked(GRANTED)
    exchange, clearance = scene(limiter, granted)
    clearance.ask()
    clearance.leave()
    assert exchange.heard == [("refused", REFUSED)]
    assert (granted.questions, limiter.left) == ([], 0)


def test_a_call_leaves_the_limiter_exactly_once() -> None:
    limiter = Asked(Entered(b""))
    _, clearance = scene(limiter)
    clearance.ask()
    clearance.leave()
    clearance.leave()
    assert limiter.left == 1


@pytest.mark.parametrize("answers_late", ["limiter", "granted"])
def test_an_answer_may_come_later(answers_late: str) -> None:
    limiter, granted = Asked(Entered(b"")), Asked(GRANTED)
    late = limiter if answers_late == "limiter" else granted
    answer, late.answer = late.answer, None
    exchange, clearance = scene(limiter, granted)
    assert clearance.ask()
    assert exchange.heard == []
    late.reply(answer)
    assert exchange.heard == [("cleared", GRANTED.uplink)]


@pytest.mark.parametrize("answers_late", ["limiter", "granted"])
@pytest.mark.parametrize("is_refused", [True, False])
def test_a_client_that_left_meanwhile_hears_nothing_and_holds_no_place(answers_late: str, is_refused: bool) -> None:
    limiter, granted = Asked(Entered(b"")), Asked(GRANTED)
    late = limiter if answers_late == "limiter" else granted
    answer, late.answer = late.answer, None
    exchange, clearance = scene(limiter, granted)
    clearance.ask()
    clearance.leave()
    late.reply(REFUSED if is_refused else answer)
    assert exchange.heard == []
    assert limiter.left == (0 if is_refused and answers_late == "limiter" else 1)


def test_a_call_goes_up_again_once_and_with_another_token() -> None:
    granted = Asked(GRANTED)
    _, clearance = scene(None, granted, body=b"{}")
    clearance.ask()
    assert clearance.can_renew
    clearance.renew()
    assert granted.questions == [("read", ""), ("read", "token-1")]
    assert not clearance.can_renew


def test_a_call_does_not_go_up_again_while_there_is_no_other_token() -> None:
    granted = Asked(GRANTED)
    _, clearance = scene(None, granted, body=b"{}")
    clearance.ask()
    granted.may = False
    assert not clearance.can_renew


def test_a_body_that_comes_in_pieces_goes_up_again_whole() -> None:
    _, clearance = scene(None, Asked(GRANTED), body=b"{")
    clearance.keep(b"}")
    assert (clearance.can_renew, clearance.replay) == (True, b"{}")


@pytest.mark.parametrize("pieces", [[b"x" * 65_537], [b"x" * 65_536, b"x"]])
def test_a_body_that_is_too_large_to_keep_does_not_go_up_again(pieces: list[bytes]) -> None:
    _, clearance = scene(None, Asked(GRANTED), body=pieces[0])
    for piece in [*pieces[1:], b""]:
        clearance.keep(piece)
    assert not clearance.can_renew


def test_a_token_that_is_not_ours_cannot_be_renewed() -> None:
    granted = Asked(GRANTED)
    granted.renews = False
    assert not scene(None, granted)[1].can_renew
    assert not scene(Asked(Entered(b"")))[1].can_renew
