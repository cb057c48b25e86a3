from typing import Any

import pytest

from plugin_gateway.config.limits import Limits
from plugin_gateway.config.load import load_text
from plugin_gateway.config.reader import MistakesError
from plugin_gateway.errors import ConfigError


def test_limits_are_shown_as_written_and_without_the_url_of_redis() -> None:
    text = "openapi: o.yaml\nupstream: {url: https://h}\nallow: []\nlimits: {rate: 20/s, redis: {env: REDIS}}\n"
    shown = load_text(text, path=None, environ={"REDIS": "redis://:secret@h"}).config.limits.shown
    assert (shown["rate"], shown["request_body"], shown["burst"]) == ("20/s", 1_000_000, None)
    assert "redis" not in shown
    assert "secret" not in str(shown)


@pytest.mark.parametrize(
    ("written", "is_accepted"),
    [
        ({"rate": "20/s", "burst": 5}, True),
        ({"burst": 5}, False),
        ({"response_overflow": "truncate", "response_body": "1MB"}, True),
        ({"response_overflow": "truncate", "response_body": "2MB"}, False),
        ({"response_overflow": "truncate"}, False),
        ({"response_overflow": "refuse", "response_body": "2MB"}, True),
    ],
)
def test_limits_that_need_each_other_are_written_together(written: dict[str, Any], is_accepted: bool) -> None:
    if is_accepted:
        Limits.parse(written)
    else:
        with pytest.raises(MistakesError):
            Limits.parse(written)


@pytest.mark.parametrize("written", ["per_user", "user_rate", "rate-per-user", "perUser"])
def test_a_rate_for_each_user_is_the_one_for_each_user_of_chatgpt(written: str) -> None:
    text = f"openapi: o.yaml\nupstream: {{url: https://h}}\nallow: []\nlimits: {{{written}: 10/min}}\n"
    with pytest.raises(ConfigError) as caught:
        load_text(text, path=None, environ={})
    [finding] = caught.value.findings
    assert finding.rule == "unknown-key"
    assert finding.hint.startswith("did you mean `per_ephemeral_user`?")
