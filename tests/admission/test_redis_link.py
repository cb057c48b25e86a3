"""The Redis link: no caller waits for a Redis that hangs, and no error quotes the password."""

import asyncio
import builtins
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from plugin_gateway.admission import redis_link
from plugin_gateway.admission.redis_link import RedisLink, RedisMissingError
from plugin_gateway.errors import GatewayError
from tests.bounds import BOUND_S
from tests.redis_server import redis_server


@pytest.fixture(scope="module")
def redis_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with redis_server(tmp_path_factory.mktemp("redis")) as redis:
        yield redis.port


def play(port: int, scene: Callable[[RedisLink], Any]) -> Any:
    async def whole() -> Any:
        link = RedisLink(f"redis://127.0.0.1:{port}/0", "space")
        redis = link.redis
        try:
            async with asyncio.timeout(BOUND_S):
                return await scene(link)
        finally:
            await redis.aclose()

    return asyncio.run(whole())


def test_a_script_gets_the_keys_of_its_space_and_its_arguments(redis_port: int) -> None:
    answers = play(redis_port, lambda link: link.run("return {KEYS[1], ARGV[1]}", [(["a"], ["x"]), (["b"], [7])]))
    assert answers == [[b"plugin-gateway:{space}:a", b"x"], [b"plugin-gateway:{space}:b", b"7"]]


def test_an_error_is_the_answer_of_its_call_alone(redis_port: int, caplog: pytest.LogCaptureFixture) -> None:
    script = "return redis.call('INCRBY', KEYS[1], ARGV[1])"
    wrong, right = play(redis_port, lambda link: link.run(script, [(["n"], ["x"]), (["n"], [1])]))
    assert isinstance(wrong, Exception)
    assert right == 1
    assert not caplog.records


def test_questions_above_the_number_of_connections_wait_for_their_turn(redis_port: int) -> None:
    async def scene(link: RedisLink) -> Any:
        return await asyncio.gather(*(link.run("return 1", [([], [])]) for _ in range(20)))

    assert play(redis_port, scene) == [[1]] * 20


def test_a_redis_that_runs_no_script_is_an_outage(redis_port: int, caplog: pytest.LogCaptureFixture) -> None:
    (answer,) = play(redis_port, lambda link: link.run("return redis.call('INCRBY', KEYS[1], 'x')", [(["n"], [])]))
    assert isinstance(answer, Exception)
    assert [vars(record)["event"] for record in caplog.records] == ["outage-began"]


def test_a_redis_that_hangs_is_abandoned_in_time_and_not_asked_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("redis", reason="the redis extra is not installed")
    monkeypatch.setattr(redis_link, "_TIMEOUT_S", 0.05)

    async def scene(link: RedisLink) -> list[Any]:
        first = await link.run("return 1", [([], [])])
        assert link.is_away
        monkeypatch.setattr(link, "redis", None)  # must not be used now
        return [first, await link.run("return 1", [([], [])])]

    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert play(silent.getsockname()[1], scene) == [None, None]


def test_a_text_that_is_not_a_url_is_refused_and_not_quoted() -> None:
    pytest.importorskip("redis", reason="the redis extra is not installed")
    with pytest.raises(GatewayError) as raised:
        RedisLink("http://:hunter2@h", "s")
    assert "hunter2" not in f"{raised.value}{raised.value.__cause__}"


def test_the_error_for_a_missing_package_shows_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without_redis(name: str, *arguments: Any) -> Any:
        if name.startswith("redis"):
            raise ImportError(name)
        return real(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", without_redis)
    with pytest.raises(RedisMissingError, match="pip install"):
        RedisLink("redis://h", "s")
