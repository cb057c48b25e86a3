"""The stages of an answer body: their order, and the head that fits the result."""

from __future__ import annotations

import asyncio
import gzip
import json
import zlib
from typing import TYPE_CHECKING, Any

import brotli
import pytest
from backports import zstd
from msgspec.structs import replace

from plugin_gateway.credentials.injection import Injection
from plugin_gateway.errors import UpstreamError
from plugin_gateway.proxy.answer_body import AnswerBody
from plugin_gateway.proxy.answer_rules import AnswerRules
from plugin_gateway.proxy.body_links import LinkRules
from plugin_gateway.proxy.downlink import Downlink
from plugin_gateway.proxy.known_secrets import KnownSecrets
from plugin_gateway.proxy.overflow import Cap
from plugin_gateway.refusal import Refusal
from plugin_gateway.revision import Bounds, UpstreamSettings
from tests.proxy.running import Gateway, Upstream, answers, get, ok, read_answer

if TYPE_CHECKING:
    from collections.abc import Callable

SECRET = "s3cret-key-of-ours"
JSON_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
TEXT = json.dumps({"next": "http://up.test/v2/p?page=2", "key": SECRET}).encode()


def play(head: bytes, *pieces: bytes, cap: Cap | None = None, links: bool = False, unreadable: str = "refuse") -> Any:
    """Return the head and body that the client gets for an answer body in these pieces, or the refusal."""
    upstream = UpstreamSettings(
        host="up.test", port=80, authority=b"up.test", prefix=b"/v2", passes_unreadable=unreadable == "pass"
    )
    downlink = Downlink(upstream, "https://gw.test", KnownSecrets(SECRET), varies_by_origin=False)
    answer = downlink.read(head.rstrip(b"\r\n"))
    body = AnswerBody(
        answer, AnswerRules(downlink, links=LinkRules([("next",)], downlink.relocation) if links else None, cap=cap)
    )
    first, sent = None, b""
    for number, piece in enumerate(pieces, 1):
        found = body.feed(piece, is_complete=number == len(pieces))
        if isinstance(found, Refusal):
            return found
        if found is None:
            continue
        first = first or found.answer
        sent += found.data
        if found.is_last:
            break
    return first, sent


def test_a_coded_body_is_decoded_before_it_is_searched_and_its_head_says_so() -> None:
    coded = gzip.compress(TEXT)
    head, sent = play(
        JSON_HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n" % len(coded), coded[:9], coded[9:]
    )
    assert json.loads(sent)["key"] == "*" * len(SECRET)
    assert b"content-encoding" not in head.block.lower()
    assert head.length < 0


def test_links_are_read_after_the_mask_and_the_cap_counts_the_result() -> None:
    head, sent = play(JSON_HEAD, TEXT, links=True, cap=Cap(len(TEXT) + 20))
    assert json.loads(sent) == {"next": "https://gw.test/p?page=2", "key": "*" * len(SECRET)}
    assert head.status == 200
    assert play(JSON_HEAD, TEXT, links=True, cap=Cap(20)).code == "response-too-large"


def test_a_cap_that_cuts_json_replaces_the_head() -> None:
    rows = json.dumps(list(range(100))).encode()
    head, sent = play(JSON_HEAD + b"ETag: x\r\n", rows[:50], rows[50:], cap=Cap(40, truncates=True))
    assert json.loads(sent) == list(range(len(json.loads(sent))))
    assert len(sent) <= 40
    assert b"X-Response-Truncated: true\r\n" in head.block
    assert b"etag" not in head.block.lower()


@pytest.mark.parametrize("cap", [None, Cap(1000)])
def test_a_body_that_does_not_match_its_coding_passes_only_from_its_first_piece_and_if_the_config_permits(
    cap: Cap | None,
) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: gzip\r\n"
    plain = b"not gzip at all, " + SECRET.encode()
    with pytest.raises(UpstreamError):
        play(head, plain)
    found, sent = play(head, plain, unreadable="pass", cap=cap)
    assert sent == b"not gzip at all, " + b"*" * len(SECRET)
    assert b"Content-Encoding: gzip\r\n" in found.block
    coded = gzip.compress(TEXT * 50)
    with pytest.raises(UpstreamError):
        play(head, coded[:60], b"x" * 60, unreadable="pass", cap=cap)


def test_an_echoed_secret_is_covered_also_across_pieces(run: Callable[..., Any]) -> None:
    raw = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Key: s3cret-key\r\n\r\n",
        b"9\r\nkey=s3cre\r\n",
        b"5\r\nt-key\r\n",
        b"6\r\n s3cre\r\n",
        b"0\r\n\r\n",
    )

    async def scene(gateway: Gateway) -> None:
        _, head, body, whole = await gateway.ask(get())
        # A text that only begins like a secret is not masked; otherwise a caller could guess the rest octet by octet.
        assert (body, whole) == (b"key=********** s3cre", True)
        assert b"s3cret" not in head

    run(answers(raw), scene)


def test_an_event_stream_is_not_held_back(run: Callable[..., Any]) -> None:
    go_on = asyncio.Event()

    async def play(upstream: Upstream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await upstream.request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        for number in range(3):
            writer.write(b"data: %d\n\n" % number)
            await go_on.wait()
            go_on.clear()

    async def scene(gateway: Gateway) -> None:
        reader, writer = await gateway.open()
        writer.write(get())
        for number in range(3):
            await reader.readuntil(b"data: %d\n\n" % number)
            go_on.set()
        writer.close()

    run(play, scene)


PACKERS = {"gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress, "zstd": zstd.compress}


@pytest.mark.parametrize("coding", PACKERS)
@pytest.mark.parametrize("is_length_known", [True, False])
def test_a_compressed_answer_is_decoded_and_covered(
    run: Callable[..., Any], coding: str, is_length_known: bool
) -> None:
    body = PACKERS[coding](b"key=s3cret-key " * 2000)
    fields = f'Content-Encoding: {coding}\r\nETag: "strong"\r\nContent-MD5: x\r\n'.encode()
    raw = ok(body, fields) if is_length_known else b"HTTP/1.1 200 OK\r\n" + fields + b"Connection: close\r\n\r\n" + body

    async def scene(gateway: Gateway) -> None:
        _, head, got, whole = await gateway.ask(get())
        assert (got, whole) == (b"key=********** " * 2000, True)
        low = head.lower()
        assert b'etag: w/"strong"' in low
        assert b"content-encoding" not in low
        assert b"content-md5" not in low

    run(answers(raw, then_close=not is_length_known), scene)


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("none", b"key=s3cret-key"),
        ("utf-8", b"key=s3cret-key"),
        ("aws-chunked", b"key=s3cret-key"),
        ("gzip", b"key=s3cret-key"),
        ("deflate", b"key=s3cret-key"),
        ("br", b"key=s3cret-key"),
        ("zstd", b"key=s3cret-key"),
        ("gzip", gzip.compress(gzip.compress(b"key=s3cret-key"))),
        ("gzip", gzip.compress(b"a") + b"key=s3cret-key"),
    ],
    ids=["none", "utf-8", "aws-chunked", "gzip", "deflate", "br", "zstd", "gzip-twice", "gzip-and-text"],
)
def test_an_answer_that_cannot_be_decoded_is_refused_and_the_connection_lives_on(
    run: Callable[..., Any], coding: str, body: bytes
) -> None:
    async def scene(gateway: Gateway) -> None:
        connection = await gateway.open()
        for _ in range(2):
            status, _, answer, _ = await gateway.ask(get(), connection=connection)
            assert (status, json.loads(answer)["code"]) == (502, "unreadable-answer")
        connection[1].close()

    run(answers(ok(body, f"Content-Encoding: {coding}\r\n".encode())), scene)


def test_an_answer_that_cannot_be_decoded_passes_masked_if_the_config_permits(run: Callable[..., Any]) -> None:
    bodies = [("none", b"key=s3cret-key"), ("gzip", b"key=s3cret-key")]
    for coding, body in bodies:

        async def scene(gateway: Gateway, coding: str = coding) -> None:
            status, head, got, _ = await gateway.ask(get())
            assert (status, got) == (200, b"key=**********")
            assert f"content-encoding: {coding}".encode() in head.lower()

        fields = f"Content-Encoding: {coding}\r\n".encode()
        run(answers(ok(body, fields)), scene, settings={"passes_unreadable": True})


def test_a_body_that_stops_being_of_its_coding_is_cut(run: Callable[..., Any]) -> None:
    packer = zlib.compressobj(wbits=31)
    first = packer.compress(b"event 1\n") + packer.flush(zlib.Z_SYNC_FLUSH)
    is_read = asyncio.Event()

    async def play(upstream: Upstream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await upstream.request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n" + first)
        await is_read.wait()
        writer.write(b"key=s3cret-key")

    async def scene(gateway: Gateway) -> None:
        reader, writer = await gateway.open()
        writer.write(get())
        await reader.readuntil(b"event 1\n")
        is_read.set()
        rest = await reader.read()
        assert b"s3cret" not in rest
        assert not rest.endswith(b"0\r\n\r\n")
        writer.close()

    run(play, scene)


def test_a_secret_in_a_flushed_compressed_stream_never_shows_its_beginning(run: Callable[..., Any]) -> None:
    packer = zlib.compressobj(wbits=31)
    pieces = [packer.compress(bytes([octet])) + packer.flush(zlib.Z_SYNC_FLUSH) for octet in b"data: s3cret-key\n\n"]
    raw = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n"

    async def scene(gateway: Gateway) -> None:
        _, _, got, whole = await gateway.ask(get())
        assert (got, whole) == (b"data: **********\n\n", True)

    run(answers((raw, *pieces, packer.flush()), then_close=True), scene)


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-5/9\r\n",
        b"HTTP/1.1 206 Partial Content\r\nContent-Type: multipart/byteranges; boundary=x\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Range: bytes 0-5/9\r\n",
        b"HTTP/1.1 226 IM Used\r\nIM: vcdiff\r\n",
    ],
)
def test_a_part_of_an_answer_is_not_asked_for_and_not_passed_on(run: Callable[..., Any], head: bytes) -> None:
    async def scene(gateway: Gateway) -> None:
        status, _, answer, _ = await gateway.ask(get(fields="Range: bytes=0-5\r\nIf-Range: x\r\n"))
        assert (status, json.loads(answer)["code"]) == (502, "unreadable-answer")
        assert b"range" not in gateway.upstream.heads[0].lower()

    run(answers(head + b"Content-Length: 6\r\n\r\ns3cret"), scene)


def test_a_part_too_short_to_show_a_secret_passes(run: Callable[..., Any]) -> None:
    async def scene(gateway: Gateway) -> None:
        status, _, body, _ = await gateway.ask(get(fields="Range: bytes=0-1\r\n"))
        assert (status, body) == (206, b"he")

    run(answers(b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-1/5\r\nContent-Length: 2\r\n\r\nhe"), scene)


def test_an_upstream_that_never_echoes_serves_parts_and_any_coding(run: Callable[..., Any]) -> None:
    raw = b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-5/9\r\nContent-Encoding: x\r\nContent-Length: 6\r\n\r\nhello!"

    async def scene(gateway: Gateway) -> None:
        status, head, body, _ = await gateway.ask(get(fields="Range: bytes=0-5\r\n"))
        assert (status, body) == (206, b"hello!")
        assert b"content-encoding: x" in head.lower()
        assert b"range: bytes=0-5" in gateway.upstream.heads[0].lower()

    run(answers(raw), scene, settings={"may_echo": False})


def test_answers_to_head_and_304_pass_with_any_coding(run: Callable[..., Any]) -> None:
    async def scene(gateway: Gateway) -> None:
        assert (await gateway.ask(get(method="HEAD"), is_head=True))[0] == 200

    run(answers(b"HTTP/1.1 200 OK\r\nContent-Encoding: unknown\r\nContent-Length: 9\r\n\r\n"), scene)


def test_the_secrets_of_other_operations_are_covered_too(run: Callable[..., Any]) -> None:
    other = Injection(headers=((b"X-Api-Key", b"other-s3cret"),), secrets=("other-s3cret",))

    async def scene(gateway: Gateway) -> None:
        _, _, body, _ = await gateway.ask(get())
        assert body == b"************ **********"

    run(answers(ok(b"other-s3cret s3cret-key")), scene, write_injection=other)


def test_a_stream_does_not_show_a_secret_that_is_newer_than_its_head(run: Callable[..., Any]) -> None:
    renewed = asyncio.Event()

    async def play(upstream: Upstream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await upstream.request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: s3cret-key\n\n")
        await renewed.wait()
        writer.write(b"data: renewed-s3cret s3cret-key\n\n")

    async def scene(gateway: Gateway) -> None:
        reader, writer = await gateway.open()
        writer.write(get())
        await reader.readuntil(b"data: **********\n\n")
        key = Injection(headers=((b"X-Api-Key", b"renewed-s3cret"),), secrets=("renewed-s3cret",))
        gateway.holder.swap(replace(gateway.holder.revision, number=2, read_injection=key, write_injection=key))
        renewed.set()
        await reader.readuntil(b"data: ************** **********\n\n")

    run(play, scene)


def test_an_answer_that_is_truncated_drops_the_connection_that_its_rest_would_come_on(run: Callable[..., Any]) -> None:
    async def play(upstream: Upstream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await upstream.request(reader)
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n"
        writer.write(head + b'["aaaa","bbbb","cccc"')
        await reader.read()

    async def scene(gateway: Gateway) -> None:
        reader, writer = await gateway.open()
        writer.write(get())
        assert json.loads((await read_answer(reader))[2]) == ["aaaa"]
        await gateway.upstream.closed.wait()
        assert gateway.holder.serving.pool.open_connections == 0

    run(play, scene, limits=Bounds(response_body_bytes=12, truncates_responses=True))
