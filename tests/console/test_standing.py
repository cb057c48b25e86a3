import asyncio
import json
from pathlib import Path
from typing import Any

from msgspec.structs import replace
from starlette.requests import Request

from plugin_gateway import __version__
from plugin_gateway.config.find import STANDARD_INPUT
from plugin_gateway.console.config_state import ConfigState
from plugin_gateway.console.standing import Standing, health_of, standing_handlers, state_of
from plugin_gateway.diagnostics import Finding, Location
from plugin_gateway.endpoints.admin import Health, Reloads, readiness
from plugin_gateway.revision.agreed import Drifted
from plugin_gateway.telemetry.series import Series, SeriesKey

HEALTH = Health(
    is_ready=True,
    revision=3,
    digest="abc",
    operations=8,
    operations_total=47,
    workers=2,
    workers_wanted=2,
    held=("GET /new",),
    drifted=(Drifted("GET /a", "quarantined", ("parameters",)), Drifted("GET /b", "kept", ("responses",))),
    reloads=Reloads(served=1, served_at=5.0),
    restarts=4,
)
SERIES: Series = {
    SeriesKey("calls", is_gauge=True): [2],
    SeriesKey("connections", is_gauge=True): [7],
    SeriesKey("calls", ("listPets", "502", "upstream-unreachable", "GET", "")): [3],
    SeriesKey("calls", ("listPets", "504", "upstream-timeout", "GET", "a name")): [1],
    SeriesKey("calls", ("addPet", "502", "upstream-unreachable", "POST", "")): [2],
    SeriesKey("calls", ("", "404", "operation-not-found", "GET", "")): [9],
    SeriesKey("calls", ("listPets", "200", "", "GET", "")): [100],
    SeriesKey("upstream", ("listPets",)): [100, 1.5],
    SeriesKey("dropped"): [0],
}


def standing(path: Path | None = None, **members: Any) -> Standing:
    return Standing(health=HEALTH, config=ConfigState(path, b"key"), **members)


def test_the_state_describes_the_served_revision_and_whether_the_file_agrees(tmp_path: Path) -> None:
    path = tmp_path / "gateway.yaml"
    path.write_text("allow: []")
    now = standing(path, approvals=2, public_url="https://plugin.example")
    now.config.compiling()
    now.config.refused(
        [Finding(rule="unknown-operation", message="no such", location=Location(str(path), 4, 9), hint="h")]
    )
    state = state_of(now)
    assert state == {
        "file": str(path),
        "base": now.config.base,
        "is_writable": True,
        "why_read_only": "",
        "sync": "refused",
        "findings": state["findings"],
        "revision": {"number": 3, "digest": "abc", "operations": 8, "operations_total": 47},
        "held": ("GET /new",),
        "drifted": [
            {"operation": "GET /a", "outcome": "quarantined", "parts": ("parameters",)},
            {"operation": "GET /b", "outcome": "kept", "parts": ("responses",)},
        ],
        "stale": None,
        "approvals": 2,
        "public_url": "https://plugin.example",
        "version": __version__,
    }
    (finding,) = state["findings"]
    assert (finding["rule"], finding["line"], finding["column"], finding["hint"]) == ("unknown-operation", 4, 9, "h")
    assert "length" not in finding  # it would tell how long a secret is


def test_a_console_that_cannot_save_says_why() -> None:
    state = state_of(standing(STANDARD_INPUT, why_read_only="the file is read-only"))
    assert (state["file"], state["is_writable"], state["why_read_only"]) == (None, False, "the file is read-only")


def test_the_health_has_all_of_readyz_and_the_numbers_behind_it() -> None:
    health = health_of(standing(limits={"rate": "20/s", "burst": None}), SERIES)
    assert readiness(HEALTH).items() <= health.items()
    assert health["upstream_failures"] == {"upstream-unreachable": 5, "upstream-timeout": 1}
    assert health["quarantine"] == ["GET /a"]
    assert health["reloads"] == {"served": 1, "refused": 0, "served_at": 5.0, "refused_at": 0.0}
    assert (health["calls_in_flight"], health["client_connections"], health["worker_restarts"]) == (2, 7, 4)
    assert health["limits"] == {"rate": "20/s", "burst": None}


def test_the_handlers_answer_with_json() -> None:
    async def series() -> Series:
        return SERIES

    now = [standing()]
    state, health = standing_handlers(lambda: now[0], series)
    now[0] = replace(now[0], approvals=5)
    assert (state.path, health.path, state.method) == ("state", "health", "GET")
    request = Request({"type": "http"})
    assert json.loads(bytes(asyncio.run(state.answer(request, b"")).body))["approvals"] == 5
    assert json.loads(bytes(asyncio.run(health.answer(request, b"")).body))["ready"] is True
