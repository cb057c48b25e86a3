"""In which order a call is asked about, what happens when answers come late, and when it may go up again."""

import pytest

from plugin_gateway.admission.limiter import Entered
from plugin_gateway.credentials.injection import Injection
from plugin_gateway.gate.permit import OperationRule, Permit
from plugin_gateway.proxy.clock import Clock
from plugin_gateway.proxy.door import Access
from plugin_gateway.proxy.downlink import Downlink
from plugin_gateway.proxy.entrance import Entrance
from plugin_gateway.proxy.granted import Links
from plugin_gateway.proxy.known_secrets import KnownSecrets
from plugin_gateway.proxy.plan import Permitted, Plan
from plugin_gateway.proxy.pool import Pool
from plugin_gateway.proxy.uplink import Uplink
from plugin_gateway.proxy.wire import read_request_lines
from plugin_gateway.refusal import Refusal
from plugin_gateway.revision import UpstreamTarget

RULE = OperationRule(method="GET", path_template="/p", operation_id="read")
REFUSED = Refusal(status=429, code="rate-limited", detail="No.")
LINKS = Links("up", "token-1")


class Exchange:
    def __init__(self):
        self.is_over, self.is_sent, self.heard = False, True, []
        self.address = "192.0.2.1"

    def on_entered(self, links):
        self.heard.append(("entered", links))

    def on_refused(self, refusal):
        self.heard.append(("refused", refusal))

    def on_upstream_full(self):
        self.heard.append("hold the body")


class Asked:
    """Plays limiter and grants; answers at once with what it has, or later."""

    renews = True
    may = True

    def __init__(self, answer=None):
        self.answer, self.questions, self.left = answer, [], 0

    def admit(self, operation_id, consumer, user, on_verdict):
        self.ask((operation_id, consumer, user), on_verdict)

    def obtain(self, rule, request, on_links, *, refused="", address=""):
        self.ask((rule.operation_id, refused), on_links)

    def ask(self, question, on_answer):
        self.questions.append(question)
        self.reply = on_answer
        if self.answer is not None:
            on_answer(self.answer)

    def may_renew(self, request, refused):
        return self.may

    def leave(self):
        self.left += 1


def scene(limiter=None, granted=None, body=b"", lines=()):
    exchange = Exchange()
    target = UpstreamTarget(host="up", port=1, authority=b"up")
    uplink = Uplink(RULE, target, Injection())
    downlink = Downlink(target, "https://gw", KnownSecrets(), varies_by_origin=False)
    plan = Plan(RULE, uplink, downlink, Pool(target, Clock()), {}, limiter=limiter, granted=granted)
    request = read_request_lines([b"Host: a", *lines], 1)
    access = Access("alice", lambda method, target: REFUSED, {})
    entrance = Entrance(exchange, Permitted(access, plan, b"GET", Permit(RULE, b"/p", b""), request), body)
    return exchange, entrance


def test_limits_are_asked_before_a_token_is_got():
    limiter, granted = Asked(Entered(b"RateLimit: x\r\n")), Asked(LINKS)
    exchange, entrance = scene(limiter, granted, lines=[b"OpenAI-Ephemeral-User-Id: someone"])
    entrance.ask()
    assert limiter.questions == [("read", "alice", b"someone")]
    assert granted.questions == [("read", "")]
    assert exchange.heard == [("entered", LINKS)]
    assert entrance.lines == b"RateLimit: x\r\n"


def test_a_call_that_is_refused_gets_no_token_and_need_not_leave():
    limiter, granted = Asked(REFUSED), Asked(LINKS)
    exchange, entrance = scene(limiter, granted)
    entrance.ask()
    entrance.leave()
    assert exchange.heard == [("refused", REFUSED)]
    assert (granted.questions, limiter.left) == ([], 0)


def test_the_limiter_is_told_once_that_a_call_is_over():
    limiter = Asked(Entered(b""))
    _, entrance = scene(limiter)
    entrance.ask()
    entrance.leave()
    entrance.leave()
    assert limiter.left == 1


@pytest.mark.parametrize("answers_late", ["limiter", "granted"])
def test_while_an_answer_is_awaited_the_body_is_held_back(answers_late):
    limiter, granted = Asked(Entered(b"")), Asked(LINKS)
    late = limiter if answers_late == "limiter" else granted
    answer, late.answer = late.answer, None
    exchange, entrance = scene(limiter, granted)
    entrance.ask()
    assert exchange.heard == ["hold the body"]
    late.reply(answer)
    assert exchange.heard[1:] == [("entered", LINKS)]


@pytest.mark.parametrize("answers_late", ["limiter", "granted"])
@pytest.mark.parametrize("is_refused", [True, False])
def test_a_client_that_left_meanwhile_hears_nothing_and_holds_no_place(answers_late, is_refused):
    limiter, granted = Asked(Entered(b"")), Asked(LINKS)
    late = limiter if answers_late == "limiter" else granted
    answer, late.answer = late.answer, None
    exchange, entrance = scene(limiter, granted)
    entrance.ask()
    exchange.is_over = True
    entrance.leave()
    late.reply(REFUSED if is_refused else answer)
    assert exchange.heard == ["hold the body"]
    assert limiter.left == (0 if is_refused and answers_late == "limiter" else 1)


def test_a_call_goes_up_again_once_and_with_another_token():
    granted = Asked(LINKS)
    _, entrance = scene(None, granted, body=b"{}")
    entrance.ask()
    assert entrance.can_renew
    entrance.renew()
    assert granted.questions == [("read", ""), ("read", "token-1")]
    assert not entrance.can_renew


def test_a_call_does_not_go_up_again_while_there_is_no_other_token():
    granted = Asked(LINKS)
    _, entrance = scene(None, granted, body=b"{}")
    entrance.ask()
    granted.may = False
    assert not entrance.can_renew


def test_a_body_that_comes_in_pieces_goes_up_again_whole():
    exchange, entrance = scene(None, Asked(LINKS), body=b"{")
    exchange.is_sent = False
    assert not entrance.can_renew
    entrance.keep(b"}")
    exchange.is_sent = True
    assert (entrance.can_renew, entrance.replay) == (True, b"{}")


@pytest.mark.parametrize("pieces", [[b"x" * 65_537], [b"x" * 65_536, b"x"]])
def test_a_body_that_is_too_large_to_keep_does_not_go_up_again(pieces):
    _, entrance = scene(None, Asked(LINKS), body=pieces[0])
    for piece in [*pieces[1:], b""]:
        entrance.keep(piece)
    assert not entrance.can_renew


def test_a_token_that_is_not_ours_cannot_be_renewed():
    granted = Asked(LINKS)
    granted.renews = False
    assert not scene(None, granted)[1].can_renew
    assert not scene(Asked(Entered(b"")))[1].can_renew
