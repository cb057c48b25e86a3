"""The registries: each revision selects one, and a reload loses no approval without need."""

import asyncio

import pytest

from plugin_gateway.approvals.held_call import HeldCall
from plugin_gateway.approvals.settings import NO_SETTINGS, ApprovalSettings
from plugin_gateway.server.registries import Registries

CALL = HeldCall(fingerprint="a", caller="ada", operation="op", method="POST", path="/p")


def test_a_reload_keeps_the_approvals_in_memory() -> None:
    registries = Registries(lambda: "http://admin")
    registries.adopt(NO_SETTINGS)
    asyncio.run(registries.current().ask(CALL))
    registries.adopt(ApprovalSettings(expires_s=1.0))
    assert registries.current().pending == 1
    assert registries.current().settings.expires_s == 1.0


def test_a_reload_with_the_same_redis_keeps_the_connection_and_another_redis_gets_its_own() -> None:
    pytest.importorskip("redis", reason="the redis extra is not installed")
    registries, url = Registries(lambda: "http://admin"), "redis://127.0.0.1:1/0"
    local = registries.current()
    registries.adopt(ApprovalSettings(store_url=url, space="s"))
    first = registries.current()
    registries.adopt(ApprovalSettings(store_url=url, space="s", expires_s=1.0))
    assert registries.current() is first
    assert first.settings.expires_s == 1.0
    registries.adopt(ApprovalSettings(store_url=url, space="another"))
    assert registries.current() is not first
    registries.adopt(NO_SETTINGS)
    assert registries.current() is local
