import asyncio
import signal

import httpx2
import pytest

from plugin_gateway.errors import UsageError
from plugin_gateway.server import supervisor as supervisor_module
from plugin_gateway.server.supervisor import RefusedError, ServeOptions, Supervisor
from plugin_gateway.telemetry import Log

BOUND_S = 20
DOCUMENT = (
    'openapi: 3.1.0\ninfo: {title: Pets, version: "1"}\npaths: {/pets: {get: {operationId: listPets, responses: {}}}}\n'
)
CONFIG = """
openapi: ./openapi.yaml
upstream: {url: http://127.0.0.1:9}
allow: [listPets]
listen: 127.0.0.1:0
admin: 127.0.0.1:0
log: {level: error}
public: {url: http://localhost:8080}
"""


@pytest.fixture
def config(tmp_path):
    (tmp_path / "openapi.yaml").write_text(DOCUMENT)
    (tmp_path / "gateway.yaml").write_text(CONFIG)
    return tmp_path / "gateway.yaml"


def run(config, talk, **options):
    """Run a supervisor until `talk`, which is told what the banner would be, has had its say."""

    async def bounded():
        log = Log(level="error")
        supervisor = Supervisor(ServeOptions(config=config, **options), log)
        announced = asyncio.get_running_loop().create_future()
        async with asyncio.timeout(BOUND_S):
            running = asyncio.create_task(supervisor.run(lambda started, _: announced.set_result(started)))
            await asyncio.wait([running, announced], return_when=asyncio.FIRST_COMPLETED)
            try:
                return await talk(supervisor, announced.result()) if announced.done() else None
            finally:
                supervisor._stop()
                await running

    return asyncio.run(bounded())


async def ready(started):
    async with httpx2.AsyncClient(trust_env=False) as client:
        return (await client.get(f"http://{started.admin}/readyz")).json()


async def until(started, condition):
    while not condition(health := await ready(started)):
        pass
    return health


def test_the_banner_knows_the_addresses_and_the_operations(config):
    async def talk(_, started):
        async with httpx2.AsyncClient(trust_env=False) as client:
            served = await client.get(f"http://{started.listen}/openapi.json")
        return started, served

    started, served = run(config, talk, workers=2)
    assert served.status_code == 200
    assert (started.compiled.operations, started.compiled.operations_total, started.workers) == (1, 1, 2)
    assert started.listen.port != 0 != started.admin.port


def test_the_command_line_says_where_to_listen_and_the_public_url_follows(config):
    config.write_text(CONFIG.replace("public: {url: http://localhost:8080}\n", ""))

    async def talk(_, started):
        return started

    started = run(config, talk, listen="127.0.0.1:0", admin="127.0.0.1:0")
    assert started.compiled.public_url == f"http://localhost:{started.listen.port}"


def test_without_an_admin_address_there_is_no_admin_listener(config):
    config.write_text(CONFIG.replace("admin: 127.0.0.1:0", "admin: null"))

    async def talk(_, started):
        return started.admin

    assert run(config, talk) is None


def test_mistakes_stop_the_start_and_are_told_as_check_tells_them(config):
    config.write_text(CONFIG.replace("listPets", "nope"))
    with pytest.raises(RefusedError) as caught:
        run(config, None)
    assert f"{config}:4:9: error[unknown-operation]" in caught.value.report
    assert caught.value.exit_code == 2


def test_a_taken_port_stops_the_start(config):
    async def talk(_, started):
        with pytest.raises(UsageError, match="another process listens there"):
            await Supervisor(ServeOptions(config=config, listen=str(started.listen)), Log()).run(lambda *_: None)

    run(config, talk)


def test_a_failed_reload_is_told_and_changes_nothing_and_the_next_good_one_clears_it(config):
    async def talk(supervisor, started):
        config.write_text(CONFIG.replace("listPets", "nope"))
        failed = await until(started, lambda health: health["reload_error"])
        config.write_text(CONFIG.replace("allow: [listPets]", "allow: []"))
        mended = await until(started, lambda health: health["revision"] == 2)
        return failed, mended

    failed, mended = run(config, talk)
    assert (failed["ready"], failed["revision"], failed["operations"]) == (True, 1, 1)
    assert "error[unknown-operation]" in failed["reload_error"]
    assert (mended["reload_error"], mended["operations"]) == (None, 0)


def test_a_revision_no_worker_can_serve_is_a_failed_reload(config, monkeypatch):
    async def refuse(self, revision):
        return "no such file"

    async def talk(supervisor, started):
        monkeypatch.setattr(supervisor_module.WorkerPool, "adopt", refuse)
        supervisor._reload_wanted.set()
        return await until(started, lambda health: health["reload_error"])

    health = run(config, talk)
    assert (health["revision"], health["reload_error"]) == (1, "no such file")


def test_stopping_during_the_start_starts_nothing(config, monkeypatch):
    async def never(**_):
        await asyncio.Event().wait()

    monkeypatch.setattr(supervisor_module, "compile_aside", never)
    announced = []

    async def bounded():
        supervisor = Supervisor(ServeOptions(config=config), Log())
        async with asyncio.timeout(BOUND_S):
            running = asyncio.create_task(supervisor.run(announced.append))
            await asyncio.sleep(0)
            signal.raise_signal(signal.SIGTERM)
            await running

    asyncio.run(bounded())
    assert announced == []


def test_workers_that_cannot_start_stop_the_start(config, monkeypatch):
    monkeypatch.setattr("plugin_gateway.server.pool.START_TIMEOUT_S", 0.2)

    async def fail(*_):
        return False

    monkeypatch.setattr("plugin_gateway.server.process.WorkerProcess.start", fail)
    with pytest.raises(UsageError, match="no worker could be started"):
        run(config, None)
