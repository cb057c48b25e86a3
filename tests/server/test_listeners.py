import asyncio
from dataclasses import dataclass

from plugin_gateway.endpoints.admin import Health
from plugin_gateway.server.admin import AdminListener
from plugin_gateway.server.listeners import Listeners
from plugin_gateway.telemetry.series import Series
from tests.narrow import present, stand_in

HEALTH = Health(is_ready=True, revision=1, digest="", operations=0, operations_total=0, workers=1, workers_wanted=1)


@dataclass
class Said:
    listen: str = "127.0.0.1:0"
    admin: str = "127.0.0.1:0"
    metrics: str = ""


async def no_series() -> Series:
    return {}


def opened(*said: Said, bound: str = "") -> Listeners:
    async def talk() -> Listeners:
        listeners = Listeners(AdminListener(), AdminListener(), 2)
        if bound:
            listeners.bind(bound)
        addresses = [await listeners.open(stand_in(one), lambda: HEALTH, no_series) for one in said]
        assert {str(one) for one in addresses} == {str(listeners.public)}
        listeners.listen(addresses[-1])
        listeners.close_public()
        await listeners.close()
        return listeners

    return asyncio.run(talk())


def test_each_listener_has_the_port_that_it_got() -> None:
    listeners = opened(Said(metrics="127.0.0.1:0"))
    ports = {present(one).port for one in (listeners.public, listeners.admin, listeners.metrics)}
    assert len(ports) == 3
    assert 0 not in ports
    assert len(listeners.sockets) == 2


def test_a_second_revision_opens_only_the_missing_listeners() -> None:
    listeners = opened(Said(admin=""), Said(listen="127.0.0.1:1", admin="127.0.0.1:0"))
    assert listeners.admin is not None
    assert listeners.metrics is None


def test_the_command_line_comes_first() -> None:
    assert present(opened(Said(listen="127.0.0.1:1"), bound="127.0.0.1:0").public).port != 1


def test_metrics_on_the_admin_listener_get_no_listener() -> None:
    listeners = opened(Said(admin="127.0.0.1:0", metrics="127.0.0.1:0"))
    assert listeners.metrics is not None  # port 0 is another port each time
    assert opened(Said(admin="", metrics="")).admin is None
