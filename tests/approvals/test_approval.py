from plugin_gateway.approvals.approval import Approval, timestamp
from plugin_gateway.approvals.held_call import HeldCall


def test_an_approver_sees_what_the_call_does_and_not_its_fingerprint() -> None:
    held = HeldCall(fingerprint="secret", caller="", operation="op", method="POST", path="/p", body="{}", body_bytes=2)
    members = Approval("1", held, 0.0, 60.0, is_repeated=True).members()
    assert (members["method"], members["path"], members["body"], members["caller"]) == ("POST", "/p", "{}", None)
    assert (members["status"], members["ran_before"]) == ("pending", True)
    assert (members["asked_at"], members["expires_at"]) == ("1970-01-01T00:00:00Z", "1970-01-01T00:01:00Z")
    assert "secret" not in str(members)


def test_a_time_is_written_as_rfc_3339_has_it() -> None:
    assert timestamp(1_800_000_000.9) == "2027-01-15T08:00:00Z"
