"""The desk: a call runs at most once for each approval, never without one, and memory is bounded."""

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule
from msgspec.structs import replace

from plugin_gateway.approvals.approval import Decision, State
from plugin_gateway.approvals.desk import MOST, MOST_OF_A_CALLER, Desk
from plugin_gateway.approvals.held_call import HeldCall
from plugin_gateway.approvals.settings import ApprovalSettings
from tests.narrow import present

CALL = HeldCall(fingerprint="a", caller="ada", operation="op", method="POST", path="/p")
APPROVE, DENY = Decision.APPROVE, Decision.DENY


def test_a_call_waits_until_it_is_approved_and_then_runs_once() -> None:
    desk = Desk()
    first = desk.ask(CALL, 0.0)
    again = desk.ask(CALL, 1.0)
    assert (first.kind, again.kind, first.id, first.url) == ("pending", "pending", again.id, again.url)
    assert (first.is_new, again.is_new) == (True, False)
    desk.decide(first.id, APPROVE, 2.0)
    assert desk.ask(CALL, 3.0)[:2] == ("run", first.id)
    replay = desk.ask(CALL, 4.0)
    assert replay.kind == "pending"
    assert replay.id != first.id
    assert present(desk.find(replay.id, 4.0)).is_repeated


@pytest.mark.parametrize("change", [{"fingerprint": "b"}, {"fingerprint": "b", "caller": "bob"}])
def test_an_approval_serves_no_other_call(change: dict[str, str]) -> None:
    desk = Desk()
    desk.decide(desk.ask(CALL, 0.0).id, APPROVE, 0.0)
    assert desk.ask(replace(CALL, **change), 0.0).kind == "pending"


def test_a_denied_call_stays_denied_until_the_denial_expires() -> None:
    desk = Desk(ApprovalSettings(expires_s=10.0))
    id_ = desk.ask(CALL, 0.0).id
    desk.decide(id_, DENY, 1.0)
    assert present(desk.decide(id_, APPROVE, 2.0)).state is State.DENIED
    assert desk.ask(CALL, 9.0).kind == "denied"
    assert desk.ask(CALL, 10.0).kind == "pending"


def test_an_approval_can_be_taken_back_until_the_call_runs() -> None:
    desk = Desk()
    id_ = desk.ask(CALL, 0.0).id
    desk.decide(id_, APPROVE, 0.0)
    assert present(desk.decide(id_, DENY, 0.0)).state is State.DENIED
    assert desk.ask(CALL, 0.0).kind == "denied"


def test_a_decision_about_a_call_that_ran_has_no_effect() -> None:
    desk = Desk()
    id_ = desk.ask(CALL, 0.0).id
    desk.decide(id_, APPROVE, 0.0)
    desk.ask(CALL, 0.0)
    assert [present(desk.decide(id_, decision, 0.0)).state for decision in Decision] == [State.EXECUTED] * 2


def test_an_approval_expires_also_when_it_is_given() -> None:
    desk = Desk(ApprovalSettings(expires_s=10.0))
    id_ = desk.ask(CALL, 0.0).id
    desk.decide(id_, APPROVE, 9.9)
    assert desk.ask(CALL, 10.0).kind == "pending"
    assert desk.decide(id_, APPROVE, 10.0) is None
    assert desk.counts["expired"] == 1


def test_a_call_that_did_not_reach_the_api_may_run_again() -> None:
    desk = Desk()
    id_ = desk.ask(CALL, 0.0).id
    desk.decide(id_, APPROVE, 0.0)
    desk.ask(CALL, 0.0)
    desk.give_back(id_, 0.0)
    desk.give_back(id_, 0.0)
    assert desk.ask(CALL, 0.0).id == id_
    assert desk.ask(CALL, 0.0).kind == "pending"


@pytest.mark.parametrize("state", ["pending", "denied", "unknown"])
def test_giving_back_an_approval_does_not_approve_a_pending_call(state: str) -> None:
    desk = Desk()
    id_ = desk.ask(CALL, 0.0).id
    if state == "denied":
        desk.decide(id_, DENY, 0.0)
    desk.give_back("x" if state == "unknown" else id_, 0.0)
    assert desk.ask(CALL, 0.0).kind == ("denied" if state == "denied" else "pending")


def test_one_caller_cannot_bury_the_calls_of_others() -> None:
    desk = Desk()
    for number in range(MOST_OF_A_CALLER):
        assert desk.ask(replace(CALL, fingerprint=str(number)), 0.0).kind == "pending"
    assert desk.ask(replace(CALL, fingerprint="more"), 0.0).kind == "full"
    assert desk.ask(replace(CALL, fingerprint="more", caller="bob"), 0.0).kind == "pending"


def test_all_callers_together_cannot_fill_the_memory() -> None:
    desk = Desk()
    for number in range(MOST + 20):
        desk.ask(replace(CALL, fingerprint=str(number), caller=str(number % 100)), 0.0)
    assert len(desk.approvals(0.0)) == MOST
    assert desk.ask(replace(CALL, fingerprint="x", caller="x"), 0.0).kind == "full"


def test_a_full_desk_forgets_calls_that_are_over_and_no_call_that_waits() -> None:
    desk = Desk()
    for number in range(MOST):
        id_ = desk.ask(replace(CALL, fingerprint=str(number)), 0.0).id
        desk.decide(id_, DENY, 0.0)
    waiting = desk.ask(replace(CALL, fingerprint="x"), 0.0).id
    assert len(desk.approvals(0.0)) == MOST
    assert desk.find(waiting, 0.0) is not None
    assert desk.ask(replace(CALL, fingerprint="0"), 0.0).kind == "pending"


def test_the_link_begins_with_the_configured_url_or_else_the_url_of_the_listener() -> None:
    assert Desk(base=lambda: "http://admin:1").ask(CALL, 0.0).url.startswith("http://admin:1/approve/")
    desk = Desk(ApprovalSettings(url="https://ok.example/x/"), base=lambda: "http://admin:1")
    verdict = desk.ask(CALL, 0.0)
    assert verdict.url.startswith("https://ok.example/x/approve/")
    assert present(desk.follow(verdict.url.rpartition("/")[2], 0.0)).id == verdict.id
    assert desk.follow(verdict.id, 0.0) is None


class Interleaving(RuleBasedStateMachine):
    """Callers, approvers and time act in any order; a model counts what each approval was used for."""

    calls = Bundle("calls")
    runs = Bundle("runs")

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.desk = Desk(ApprovalSettings(expires_s=5.0))
        self.approved: dict[str, tuple[str, float]] = {}
        """By id, the call that was approved, and until when."""
        self.used: dict[str, int] = {}

    @rule(target=calls, call=st.sampled_from("abc"), caller=st.sampled_from(["ada", "bob"]))
    def hold(self, call: str, caller: str) -> HeldCall:
        return replace(CALL, fingerprint=f"{caller} {call}", caller=caller)

    @rule(target=runs, held=calls)
    def send(self, held: HeldCall) -> str:
        verdict = self.desk.ask(held, self.now)
        if verdict.kind != "run":
            return ""
        call, until = self.approved[verdict.id]
        assert call == held.fingerprint
        assert self.now < until
        self.used[verdict.id] = self.used.get(verdict.id, 0) + 1
        return verdict.id

    @rule(run=consumes(runs))
    def fail_before_the_api(self, run: str) -> None:
        self.desk.give_back(run, self.now)
        if run:
            self.used[run] -= 1

    @rule(held=calls, decision=st.sampled_from(Decision))
    def decide(self, held: HeldCall, decision: Decision) -> None:
        for approval in self.desk.approvals(self.now):
            if approval.held.fingerprint == held.fingerprint:
                was = approval.state
                self.desk.decide(approval.id, decision, self.now)
                if decision is APPROVE and was is State.PENDING:
                    self.approved[approval.id] = held.fingerprint, approval.expires_at
                elif decision is DENY and was is State.APPROVED:
                    del self.approved[approval.id]

    @rule(seconds=st.floats(min_value=0.1, max_value=6.0))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @invariant()
    def no_approval_is_used_twice(self) -> None:
        assert all(count <= 1 for count in self.used.values())


TestInterleaving = Interleaving.TestCase
