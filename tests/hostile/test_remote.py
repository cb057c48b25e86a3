import asyncio

import pytest

from plugin_gateway.hostile.case import Case, Feature
from plugin_gateway.hostile.cases import cases_for
from plugin_gateway.hostile.remote import Remote
from plugin_gateway.hostile.terrain import AttackedOperation, Terrain

REFUSED = b'HTTP/1.1 404 Not Found\r\n\r\n{"type":"urn:plugin-gateway:problem:operation-not-found"}'
PASSED = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


def case(feature: Feature, octets: bytes) -> Case:
    return Case(feature=feature, name="", octets=octets + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")


async def played(one: Case, answer: bytes, **options: bool) -> tuple[bytes, list[tuple[str, str]]]:
    got = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        got.append(await reader.read(65536))
        writer.write(answer)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        remote = Remote(f"http://127.0.0.1:{port}/plugin/", ["Authorization: Bearer t"], **options)
        _, arrivals = await remote.play(one)
    return got[0], [(arrival.method, arrival.target) for arrival in arrivals]


def test_a_request_goes_below_the_path_of_the_url_with_the_given_fields() -> None:
    sent, _ = asyncio.run(played(case(Feature.DENIED, b"GET /pets/mine"), REFUSED))
    assert sent.startswith(b"GET /plugin/pets/mine HTTP/1.1\r\nHost: 127.0.0.1:")
    assert b"\r\nAuthorization: Bearer t\r\n" in sent


@pytest.mark.parametrize(
    ("answer", "arrived"), [(REFUSED, []), (PASSED, [("GET", "/pets/mine")]), (b"", [])]
)  # fmt: skip
def test_a_call_that_the_gateway_did_not_refuse_counts_as_arrived(
    answer: bytes, arrived: list[tuple[str, str]]
) -> None:
    assert asyncio.run(played(case(Feature.SPELLING, b"GET /pets/mine"), answer))[1] == arrived


@pytest.mark.parametrize(
    ("target", "sent"),
    [
        (b"http://localhost/pets/mine", b"http://127.0.0.1:PORT/plugin/pets/mine"),
        (b"http://127.0.0.1:9/pets/mine", b"http://127.0.0.1:9/plugin/pets/mine"),
        (b"//localhost/pets/mine", b"/plugin//localhost/pets/mine"),
        (b"*", b"*"),
    ],
)
def test_every_form_of_a_target_gets_the_path_of_the_url(target: bytes, sent: bytes) -> None:
    octets, _ = asyncio.run(played(case(Feature.SPELLING, b"GET " + target), REFUSED))
    port = octets.partition(b"Host: 127.0.0.1:")[2].partition(b"\r\n")[0]
    assert octets.split(b" ")[1] == sent.replace(b"PORT", port)


def test_a_smuggled_request_has_the_path_the_host_and_the_login_of_the_outer_one() -> None:
    place, denied = AttackedOperation("GET", "/pets"), AttackedOperation("GET", "/pets/mine")
    remote = Remote("http://api.example.com/plugin/", ["Authorization: Bearer t"])
    terrain = Terrain(allowed=(place,), denied=(denied,), destination=remote.destination)
    smuggled = [one for one in cases_for(terrain) if one.feature is Feature.FRAMING]
    line = b"GET /plugin/pets/mine/pgattack HTTP/1.1\r\nHost: api.example.com\r\nAuthorization: Bearer t\r\n\r\n"
    assert smuggled
    assert all(one.octets.endswith(line) for one in smuggled)
    [two_lengths] = [one for one in smuggled if one.name == "two lengths"]
    assert f"Content-Length: {len(line)}\r\n".encode() in two_lengths.octets
    _, arrivals = asyncio.run(played(two_lengths, PASSED * 2))
    assert arrivals == [("GET", "/pets/mine/pgattack")]


def test_a_second_answer_counts_as_the_answer_to_the_smuggled_request() -> None:
    smuggling = Case(
        feature=Feature.FRAMING,
        name="",
        octets=b"GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n0\r\n\r\nGET /pets/mine HTTP/1.1\r\nHost: localhost\r\n\r\n",
    )
    assert asyncio.run(played(smuggling, PASSED))[1] == []
    assert asyncio.run(played(smuggling, PASSED * 2))[1] == [("GET", "/pets/mine")]
    assert asyncio.run(played(smuggling, PASSED + REFUSED))[1] == [("GET", "/pets/mine")]


@pytest.mark.parametrize(
    ("feature", "line", "is_played", "is_played_if_unsafe"),
    [
        (Feature.CONTROL, b"GET /a", True, True),
        (Feature.CONTROL, b"POST /a", False, True),
        (Feature.DENIED, b"DELETE /a", True, True),
        (Feature.DENIED, b"OPTIONS /a", False, False),
        (Feature.DENIED, b"HEAD /a", False, False),
        (Feature.CREDENTIALS, b"GET /a", False, False),
    ],
)
def test_only_harmless_calls_whose_answers_prove_something_are_sent(
    feature: Feature, line: bytes, *, is_played: bool, is_played_if_unsafe: bool
) -> None:
    assert Remote("http://localhost").plays(case(feature, line)) is is_played
    assert Remote("http://localhost", is_unsafe=True).plays(case(feature, line)) is is_played_if_unsafe
