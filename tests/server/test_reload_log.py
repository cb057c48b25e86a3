"""The reload log: each outcome of a reload is logged once."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from plugin_gateway.diagnostics import Finding
from plugin_gateway.server.reload_log import ReloadLog
from tests.compiled import compiled
from tests.narrow import stand_in

COMPILED = compiled(listen="127.0.0.1:8080", served=("GET /pets",))
AWAITED = (Finding(rule="document-unreadable", message="the server answered 503"),)


class Lines:
    """Keeps events instead of writing them."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.members: dict[str, Any] = {}
        self.messages: dict[str, list[str]] = {}

    def adopt(self, **_: str) -> None:
        pass

    def event(self, _level: str, event: str, message: str, **members: Any) -> None:
        self.events.append(event)
        self.messages.setdefault(event, []).append(message)
        self.members = members


def test_the_start_logs_each_cause_of_its_wait_once_and_the_end_of_the_wait() -> None:
    lines = Lines()
    log = ReloadLog(stand_in(lines))
    log.arrived(0)
    log.awaits(AWAITED)
    log.awaits(AWAITED)
    assert "503" in log.awaited
    log.arrived(3)
    log.arrived(3)
    assert (lines.events, log.awaited) == (["document-awaited", "document-there"], "")


def test_a_refresh_that_fails_again_with_the_same_report_is_logged_once_and_counted() -> None:
    lines = Lines()
    log = ReloadLog(stand_in(lines))
    for is_asked in (False, False, True):
        log.refused("wrong", AWAITED, is_asked=is_asked)
    assert lines.events == ["reload-failed", "reload-failed"]
    assert lines.members["findings"][0]["message"] == "the server answered 503"
    assert (log.error, log.counts.refused) == ("wrong", 3)


@pytest.mark.parametrize(
    ("changes", "events"), [({}, ["reloaded"]), ({"listen": "127.0.0.1:1"}, ["reloaded", "restart-needed"])]
)
def test_a_served_revision_clears_the_error_and_a_new_address_needs_a_restart(
    changes: dict[str, str], events: list[str]
) -> None:
    lines = Lines()
    log = ReloadLog(stand_in(lines))
    log.refused("wrong", is_asked=False)
    log.served(COMPILED, replace(COMPILED, number=2, **changes), 0.5)
    assert lines.events == ["reload-failed", *events]
    assert (log.error, log.counts.served, log.counts.refused) == ("", 1, 1)


def test_a_restart_is_needed_only_for_an_address_on_which_the_gateway_does_not_listen() -> None:
    lines = Lines()
    log = ReloadLog(stand_in(lines))
    moved, both = replace(COMPILED, listen="127.0.0.1:1"), replace(COMPILED, listen="127.0.0.1:1", admin="127.0.0.1:2")
    for before, now in ((COMPILED, moved), (moved, moved), (moved, both), (both, COMPILED)):
        log.served(before, now, 0.5)
    assert lines.messages["restart-needed"] == [
        "`listen` will change after a restart",
        "`listen` and `admin` will change after a restart",
    ]


def test_a_refresh_logs_when_the_document_becomes_stale_and_when_it_is_fresh() -> None:
    lines = Lines()
    log = ReloadLog(stand_in(lines))
    stale = replace(COMPILED, stale="a copy")
    for before, now in ((COMPILED, COMPILED), (COMPILED, stale), (stale, stale), (stale, COMPILED)):
        log.changed_nothing(before, now)
    same = "document-unchanged"
    assert lines.events == [same, "document-stale", same, same, "document-fresh", same]
