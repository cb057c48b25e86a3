from plugin_gateway.approvals.approval import Approval, State
from plugin_gateway.approvals.held_call import HeldCall
from plugin_gateway.endpoints.approval_page import decided_page, decision_page, gone_page, list_page

HELD = HeldCall(
    fingerprint="f",
    caller="<b>ada",
    operation="op",
    method="POST",
    path="/p?<script>",
    query="q=<i>",
    fields=(("x-a", "<u>"),),
    body="<script>alert(1)</script>",
    body_bytes=25,
)


def approval(held: HeldCall = HELD, *, is_repeated: bool = False) -> Approval:
    return Approval("7", held, 0.0, 60.0, is_repeated=is_repeated)


def test_the_callers_text_is_text_and_not_markup() -> None:
    pages = decision_page(approval(), needs_key=False), list_page([(approval(), "http://a/approve/7")])
    for page in pages:
        assert not [tag for tag in ("<script", "<b>", "<i>", "<u>") if tag in page]
        assert "&lt;script&gt;" in page


def test_a_person_can_approve_or_deny_a_call_that_waits() -> None:
    page = decision_page(approval(), needs_key=False)
    assert 'value="approve"' in page
    assert 'value="deny"' in page
    assert '<form method="post">' in page
    assert "password" not in page


def test_an_approved_call_can_only_be_denied_and_a_call_that_ran_cannot_be_decided() -> None:
    one = approval()
    one.state = State.APPROVED
    assert 'value="approve"' not in decision_page(one, needs_key=False)
    one.state = State.EXECUTED
    assert "<form" not in decision_page(one, needs_key=False)
    assert "ran already" in decided_page(one)


def test_the_page_asks_for_the_key_of_an_approver_and_says_that_it_is_wrong() -> None:
    assert 'type="password"' in decision_page(approval(), needs_key=True)
    assert "The key is wrong" in decision_page(approval(), needs_key=True, is_key_wrong=True)


def test_the_page_warns_of_a_call_that_ran_before_and_of_a_body_that_is_cut() -> None:
    cut = HeldCall(fingerprint="f", caller="", operation="op", method="POST", path="/p", body_bytes=9, body_left_out=4)
    page = decision_page(approval(cut, is_repeated=True), needs_key=False)
    assert "it runs again" in page
    assert "4 bytes are left out" in page
    assert "the gateway asks callers for no credential" in page


def test_there_are_pages_for_no_call() -> None:
    assert "may have expired" in gone_page()
    assert "No call waits" in list_page([])
