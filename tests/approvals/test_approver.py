from plugin_gateway.approvals.approval import Decision, Verdict
from plugin_gateway.approvals.approver import LocalApprover
from plugin_gateway.approvals.desk import Desk
from plugin_gateway.approvals.held_call import HeldCall

CALL = HeldCall(fingerprint="f", caller="", operation="op", method="POST", path="/p")


def test_a_desk_in_this_process_answers_at_once_and_takes_approvals_back() -> None:
    desk = Desk()
    approver = LocalApprover(desk, lambda: 5.0)
    verdicts: list[Verdict] = []
    approver.ask(CALL, verdicts.append)
    desk.decide(verdicts[0].id, Decision.APPROVE, 5.0)
    approver.ask(CALL, verdicts.append)
    approver.give_back(verdicts[0].id)
    approver.ask(CALL, verdicts.append)
    assert [verdict.kind for verdict in verdicts] == ["pending", "run", "run"]
