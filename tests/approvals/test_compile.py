import pytest

from plugin_gateway.approvals.compile import compile_approvals
from plugin_gateway.approvals.settings import ApprovalSettings
from plugin_gateway.config.load import load_text

SECRET = "sekret-7f3a9c-of-the-approvers"
MINIMAL = "openapi: o.yaml\nupstream: {url: https://h}\nallow: [{operation: a, consequential: confirm}]\n"
HELD = {"POST /a": 0}


def compiled(more: str, held: dict[str, int] = HELD) -> tuple[ApprovalSettings, dict[str, str]]:
    config = load_text(MINIMAL + more, path=None, environ={"KEY": SECRET, "SHORT": "sesame"}).config
    settings, findings = compile_approvals(config, held)
    assert "sesame" not in str(findings)
    return settings, {finding.rule: str(finding.severity) for finding in findings}


@pytest.mark.parametrize(
    ("more", "rules"),
    [
        ("", {}),
        ("admin: null\n", {"approval-without-admin": "error"}),
        ("approvals: {key: {env: SHORT}}\n", {"short-key": "error"}),
        ("approvals: {key: {env: KEY}}\n", {}),
        ("admin: unix:/run/admin.sock\n", {"approval-without-url": "warning"}),
        ("admin: unix:/run/admin.sock\napprovals: {url: https://ok.example}\n", {}),
    ],
)
def test_approvals_without_a_way_to_approve_or_with_a_weak_key_are_reported(more: str, rules: dict[str, str]) -> None:
    assert compiled(more)[1] == rules


def test_without_held_operations_no_listener_is_needed() -> None:
    assert compiled("admin: null\n", {})[1] == {}


def test_the_settings_have_the_hash_of_the_key_and_not_the_key() -> None:
    settings, _ = compiled(
        "approvals: {expires: 5m, key: {env: KEY}, url: https://ok.example, idempotency_key: never}\n"
    )
    assert (settings.expires_s, settings.url, settings.idempotency_key) == (300.0, "https://ok.example", "never")
    assert settings.admits(SECRET)
    assert SECRET not in repr(settings)
