from plugin_gateway.gate.trace import Step
from plugin_gateway.refusal import Refusal
from plugin_gateway.reports.explained import as_members
from plugin_gateway.revision.account import Account

STEPS = (Step("caller", True, "any caller"),)


def test_a_refused_call_has_the_status_and_the_code_that_the_client_gets() -> None:
    account = Account(steps=STEPS, verdict=Refusal(status=404, code="not-found", detail="There is no such path."))

    assert as_members(account) == {
        "allowed": False,
        "status": 404,
        "code": "not-found",
        "steps": [{"name": "caller", "passed": True, "finding": "any caller"}],
    }


def test_a_call_that_the_gateway_answers_itself_has_no_operation() -> None:
    assert set(as_members(Account(steps=STEPS, verdict=None))) == {"allowed", "steps"}
