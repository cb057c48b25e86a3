from types import SimpleNamespace

from plugin_gateway.gate.permit import OperationRule
from plugin_gateway.reload.turnover import called_by_id, served_by, turnover
from tests.narrow import stand_in


def test_added_and_removed_operations_are_named() -> None:
    changed = turnover(["GET /a (a)", "GET /b (b)"], ["GET /b (b)", "POST /c (c)"])
    assert str(changed) == "added: POST /c (c); removed: GET /a (a)"
    assert changed.members() == {"came": ("POST /c (c)",), "went": ("GET /a (a)",)}
    assert str(turnover(["x"], ["x"])) == "no operation was added or removed"


def test_a_large_turnover_is_bounded() -> None:
    changed = turnover([], [f"GET /{number}" for number in range(1000)])
    assert str(changed).endswith("GET /9 and 990 more")
    assert len(changed.members()["came"]) == 200


def test_operations_that_only_some_consumers_may_call_are_named_for_each() -> None:
    rules = (
        OperationRule(method="GET", path_template="/a", operation_id="a"),
        OperationRule(method="GET", path_template="/b", operation_id="b"),
    )
    whole, part = SimpleNamespace(rules=rules), SimpleNamespace(rules=rules[:1])
    views = (SimpleNamespace(consumer="all", gate=whole), SimpleNamespace(consumer="some", gate=part))
    revision = SimpleNamespace(rules=rules, gate=whole, views=views)
    assert served_by(stand_in(revision)) == ("GET /a (a)", "GET /b (b)", "GET /a (a) for some")


def test_each_counted_id_leads_to_its_operation() -> None:
    rules = (OperationRule(method="GET", path_template="/a/{id}", operation_id="readA"),)
    assert called_by_id(stand_in(SimpleNamespace(all_rules=rules))) == {"readA": "GET /a/{id}"}
