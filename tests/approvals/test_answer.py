import pytest

from plugin_gateway.approvals.answer import refusal_for
from plugin_gateway.approvals.approval import NO_DESK, UNAVAILABLE, Verdict


def test_the_answer_to_a_held_call_has_the_link_and_the_next_step() -> None:
    refusal = refusal_for(Verdict("pending", "7", "http://admin/approve/7.x", 60.0))
    assert (refusal.status, refusal.code) == (202, "approval-needed")
    approval = refusal.members["approval"]
    assert (approval["id"], approval["url"], approval["expires_at"]) == (
        "7",
        "http://admin/approve/7.x",
        "1970-01-01T00:01:00Z",
    )
    assert "send exactly the same call again" in refusal.detail


@pytest.mark.parametrize(
    ("verdict", "status", "code"),
    [
        (Verdict("denied", "7"), 403, "approval-denied"),
        (Verdict("full"), 429, "too-many-approvals"),
        (UNAVAILABLE, 503, "approval-unavailable"),
        (NO_DESK, 503, "approval-unavailable"),
    ],
)
def test_every_other_verdict_refuses_the_call(verdict: Verdict, status: int, code: str) -> None:
    assert (refusal_for(verdict).status, refusal_for(verdict).code) == (status, code)


def test_the_hint_without_an_approval_desk_names_the_serve_command() -> None:
    assert "plugin-gateway serve" in refusal_for(NO_DESK).hint
    assert "again" in refusal_for(UNAVAILABLE).hint
