from typing import Any

import pytest

from plugin_gateway.config.approvals import Approvals
from plugin_gateway.config.load import load_text
from plugin_gateway.errors import ConfigError

MINIMAL = "openapi: openapi.yaml\nupstream: {url: https://h}\nallow: [{operation: a, consequential: confirm}]\n"


def approvals(written: str) -> Approvals:
    return load_text(MINIMAL + written, path=None, environ={"KEY": "k" * 20}).config.approvals


def test_an_approval_holds_for_ten_minutes_and_needs_no_key() -> None:
    found = approvals("")
    assert (found.expires, found.url, found.key, found.idempotency_key) == (600.0, None, None, "declared")


@pytest.mark.parametrize(("written", "seconds"), [("1d", 86_400.0), ("30s", 30.0)])
def test_another_time_can_be_set(written: str, seconds: float) -> None:
    assert approvals(f"approvals: {{expires: {written}}}").expires == seconds


@pytest.mark.parametrize("written", ["0", "2d", "0s"])
def test_an_approval_that_never_expires_is_refused(written: str) -> None:
    with pytest.raises(ConfigError, match="expires after 1d at most"):
        approvals(f"approvals: {{expires: {written}}}")


def test_the_key_is_a_secret() -> None:
    found: Any = approvals("approvals: {key: {env: KEY}, idempotency_key: always}")
    assert found.key.reveal() == "k" * 20
    assert "kkk" not in repr(found)
