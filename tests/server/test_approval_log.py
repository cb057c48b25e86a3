import pytest

from plugin_gateway.approvals.approval import Decision, Verdict
from plugin_gateway.approvals.desk import Desk
from plugin_gateway.approvals.held_call import HeldCall
from plugin_gateway.approvals.registry import LocalRegistry
from plugin_gateway.config.address import Address
from plugin_gateway.server.approval_log import ApprovalLog, approval_series, url_of
from plugin_gateway.telemetry.series import SeriesKey
from tests.narrow import present, stand_in

HELD = HeldCall(fingerprint="f", caller="ada", operation="op", method="POST", path="/secret", body="secret")


class Lines:
    """Keeps events instead of writing them."""

    def __init__(self) -> None:
        self.events: list[tuple[str, str, str]] = []

    def event(self, level: str, event: str, message: str, **members: str) -> None:
        self.events.append((level, event, f"{message} {members}"))


def test_a_call_is_logged_when_it_is_first_held_and_when_it_runs() -> None:
    lines = Lines()
    log = ApprovalLog(stand_in(lines))
    for verdict in (
        Verdict("pending", "7", is_new=True),
        Verdict("pending", "7"),
        Verdict("run", "7"),
        Verdict("full"),
        Verdict("full"),
        Verdict("denied"),
        Verdict("pending", "8", is_new=True),
        Verdict("full"),
    ):
        log.judged(HELD, verdict)
    full = "approvals-full"
    events = [event for _, event, _ in lines.events]
    assert events == ["approval-asked", "approval-used", full, "approval-asked", full]
    assert "plugin-gateway approve 7" in lines.events[0][2]
    assert "secret" not in str(lines.events)


def test_a_decision_is_logged_with_its_way_and_address() -> None:
    lines, desk = Lines(), Desk()
    approval = present(desk.decide(desk.ask(HELD, 0.0).id, Decision.DENY, 0.0))
    ApprovalLog(stand_in(lines)).decided(approval, "page", "192.0.2.1")
    ((_, event, text),) = lines.events
    assert event == "approval-denied"
    assert "192.0.2.1" in text
    assert "'way': 'page'" in text


def test_a_desk_that_never_held_a_call_has_no_series() -> None:
    desk = Desk()
    assert approval_series(LocalRegistry(desk)) == {}
    desk.ask(HELD, 0.0)
    assert approval_series(LocalRegistry(desk))[SeriesKey("approvals", is_gauge=True)] == [1]
    assert approval_series(LocalRegistry(desk))[SeriesKey("approvals", ("asked",))] == [1]


@pytest.mark.parametrize(
    ("address", "url"),
    [
        (Address("127.0.0.1", 8081), "http://127.0.0.1:8081"),
        (Address("0.0.0.0", 8081), "http://localhost:8081"),
        (Address("::", 8081), "http://localhost:8081"),
        (Address("::1", 8081), "http://[::1]:8081"),
        (Address(socket="/run/admin"), ""),
    ],
)
def test_the_link_leads_to_a_host_that_a_browser_on_this_machine_reaches(address: Address, url: str) -> None:
    assert url_of(address) == url
