import asyncio

from msgspec.structs import replace

from plugin_gateway.credentials.grant import ClientCredentialsGrant
from plugin_gateway.credentials.injection import Injection
from plugin_gateway.gate.mount import mount_at
from plugin_gateway.hostile.arena import TOKEN, before_origin, exchange, opened, without_secrets
from plugin_gateway.hostile.case import Case, Echo, Feature
from tests.hostile.test_campaign import compiled

CASE = Case(
    feature=Feature.ECHO,
    name="",
    octets=b"GET /pets/7 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    echo=Echo.JSON,
)


def test_a_case_is_played_through_a_real_gateway() -> None:
    async def played() -> tuple[bytes, list[bytes]]:
        async with opened(compiled()) as arena:
            answer, arrivals = await arena.play(CASE)
            return answer, [arrival.octets for arrival in arrivals]

    answer, [arrived] = asyncio.run(played())
    assert arrived.startswith(b"GET /v1/pets/7 HTTP/1.1\r\n")
    assert b"\r\nX-Api-Key: a-secret-of-the-api-77\r\n" in arrived
    assert b"application/json" in answer
    assert b"a-secret" not in answer


def test_the_attack_approves_calls_that_need_an_approval() -> None:
    async def played() -> int:
        allow = [{"operation": "getPet", "consequential": "confirm"}]
        async with opened(compiled(allow=allow)) as arena:
            _, arrivals = await arena.play(CASE)
            return len(arrivals)

    assert asyncio.run(played()) == 1


def test_tokens_are_fixed_so_that_no_provider_is_asked() -> None:
    revision = compiled()
    grant = ClientCredentialsGrant(token_url="https://login.example.com", client_id="a", client_secret="b")
    changed = before_origin(replace(revision, write_injection=Injection(grant=grant)), 1)
    assert changed.write_injection.grant is None
    assert changed.write_injection.headers == ((b"Authorization", b"Bearer " + TOKEN.encode()),)
    assert changed.upstream.port == 1


def test_a_gateway_without_secrets_sends_an_asterisk_for_each_credential() -> None:
    injection = Injection(
        headers=((b"X-Api-Key", b"a-secret"),),
        query=b"key=a-secret&b=c",
        cookies=b"s=a-secret; t=u",
        secrets=("a-secret",),
        grant=ClientCredentialsGrant(token_url="https://login.example.com", client_id="a", client_secret="b"),
    )
    bare = without_secrets(replace(compiled(), write_injection=injection, other_secrets=("c-secret",)))
    assert bare.write_injection == Injection(
        headers=((b"X-Api-Key", b"*"), (b"Authorization", b"Bearer *")), query=b"key=*&b=*", cookies=b"s=*; t=*"
    )
    assert bare.secrets == ()


def test_a_connection_that_closes_ends_the_exchange() -> None:
    async def talk() -> bytes:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(1)
            writer.write(b"bye")
            writer.close()

        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            return await exchange("127.0.0.1", server.sockets[0].getsockname()[1], b"x")

    assert asyncio.run(talk()) == b"bye"


def test_the_arena_of_a_gateway_below_a_path_takes_the_targets_of_the_cases() -> None:
    mounted = replace(compiled(), mount=mount_at("/plugin", set()))

    assert before_origin(mounted, 1).mount is None
