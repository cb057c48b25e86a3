from plugin_gateway.cli.approvals import line_of


def test_a_line_says_which_call_waits_and_until_when() -> None:
    shown = {
        "id": "7f",
        "status": "pending",
        "operation": "op",
        "method": "GET",
        "path": "/p",
        "query": None,
        "caller": None,
        "expires_at": "2026-11-27T09:13:08Z",
    }
    assert line_of(shown) == "7f  pending   op: GET /p  until 2026-11-27T09:13:08Z"
