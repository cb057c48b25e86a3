"""Compiled limits: the limits that apply to each call, and the findings for the operator."""

import pytest

from plugin_gateway.admission import compile as module
from plugin_gateway.errors import ConfigError
from tests.narrow import present
from tests.pets import ENVIRON, compiled, rules_of


def test_limits_are_compiled_with_names_that_outlive_a_restart() -> None:
    limits = compiled(
        allow="{operation: listPets, rate: 5/min}, {tag: write, rate: 2/s}",
        more="limits: {rate: 20/s, burst: 40, per_ephemeral_user: 1/s, concurrency: 7, response_body: 100kB, "
        "response_overflow: truncate, redis: {env: REDIS}, on_store_failure: refuse}",
    )
    bounds = limits.call_limits
    rate, user = present(bounds.rate), present(bounds.user)
    assert (rate.calls, rate.burst, user.key, bounds.concurrency) == (20, 40, "user", 7)
    assert {name: (one.key, one.calls) for name, one in bounds.operations.items()} == {
        "listPets": ("operation:listPets", 5),
        "createPet": ("operation:createPet", 2),
        "putPets": ("operation:putPets", 2),
    }
    assert (bounds.store_url, bounds.refuses_without_store, bounds.space) == (ENVIRON["REDIS"], True, limits.public_url)
    assert (limits.limits.response_body_bytes, limits.limits.truncates_responses) == (100_000, True)
    assert "hunter2" not in repr(limits)


def test_consumers_have_rates() -> None:
    auth = "auth: {type: service_http, tokens: [{name: a, env: OTHER}]}\n"
    revision = compiled(more=auth + "consumers: [{name: alice, match: {token: a}, rate: 3/min}]")
    assert revision.call_limits.consumers["alice"].key == "consumer:alice"


def test_a_config_without_limits_has_no_call_limits() -> None:
    assert compiled().call_limits.is_empty
    assert compiled().limits.response_body_bytes == 0


def test_limits_are_in_the_digest_and_the_url_of_the_store_is_not() -> None:
    one = compiled(more="limits: {rate: 20/s, redis: {env: REDIS}}").digest
    assert compiled(more="limits: {rate: 20/s, redis: {env: OTHER_REDIS}}").digest == one
    assert compiled(more="limits: {rate: 20/s}").digest != one
    assert compiled(more="limits: {rate: 21/s, redis: {env: REDIS}}").digest != one


@pytest.mark.parametrize("url", ["http://h", "redis:///0", "redis://h:x/0", "localhost:6379", "redis://h:0"])
def test_a_url_that_is_not_of_redis_is_a_mistake_that_does_not_quote_it(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setitem(ENVIRON, "REDIS", url)
    with pytest.raises(ConfigError) as caught:
        compiled(more="limits: {rate: 1/s, redis: {env: REDIS}}")
    (finding,) = caught.value.findings
    assert (finding.rule, finding.pointer) == ("bad-url", ("limits", "redis"))
    assert url not in str(finding)


def test_a_redis_url_without_the_extra_is_a_mistake_that_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_spec", lambda _: None)
    assert rules_of(more="limits: {rate: 1/s, redis: {env: REDIS}}") == [("missing-extra", ("limits", "redis"))]
