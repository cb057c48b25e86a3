"""A hostile upstream sends our secrets back, in every coding, spelling and place it can think of; none may come out.

The reader that looks for them shares nothing with the gateway: it decodes what a client could decode, and asks whether
six consecutive characters of a secret are in it.
"""

import base64
import gzip
import html.entities
import json
import quopri
import re
import secrets as randomness
import zlib
from collections.abc import Callable, Iterator
from random import Random
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest

from tests.attack.conftest import Gateway

# Six characters of them in a row are in no honest text.
HEADER = 'hdr+K3y/"<&>=%~\\9Zq'
QUERY = "qry/sö+crT&5=1b%02e~8"
SHORT = "pRfx-5Ec-4711zQ"
LONG = "pRfx-5Ec-4711zQ-aNd-1tS-rst"
WRITE = "wRt.bR3r_5f0d4a57-c1"
PASSWORD = "pa:ss?w0rD>l0ngr~x"
CLIENT_SECRET = "cLnt-s3Cr-0f5a+/=="
MINTED = "mNt_t0k-b71c2a9e.5f"
SECRETS = (HEADER, QUERY, SHORT, LONG, WRITE, PASSWORD, CLIENT_SECRET, MINTED)
ENVIRONMENT = {
    "A_HEADER": HEADER,
    "A_QUERY": QUERY,
    "A_SHORT": SHORT,
    "A_LONG": LONG,
    "A_WRITE": WRITE,
    "A_PASSWORD": PASSWORD,
    "A_CLIENT": CLIENT_SECRET,
}
WINDOW = 6


def config(port: int, **upstream: str) -> str:
    return json.dumps(
        {
            "openapi": "openapi.json",
            "upstream": {
                "url": f"http://127.0.0.1:{port}",
                "credential": [
                    {"header": "X-Api-Key", "value": {"env": "A_HEADER"}},
                    {"query": "api_key", "value": {"env": "A_QUERY"}},
                    {"header": "X-Short", "value": {"env": "A_SHORT"}},
                    {"header": "X-Long", "value": {"env": "A_LONG"}},
                ],
                "write_credential": {"bearer": {"env": "A_WRITE"}},
                **upstream,
            },
            "allow": [
                "echo",
                "write",
                {
                    "operation": "pair",
                    "credential": {"basic": {"username": "svc", "password": {"env": "A_PASSWORD"}}},
                },
                {
                    "operation": "minted",
                    "credential": {
                        "oauth2": {
                            "token_url": f"http://127.0.0.1:{port}/token",
                            "client_id": "id",
                            "client_secret": {"env": "A_CLIENT"},
                        }
                    },
                },
            ],
            "log": {"level": "error"},
        }
    )


def operation(name: str, **more: dict[str, dict[str, dict[str, Any]]]) -> dict[str, Any]:
    return {
        "operationId": name,
        "parameters": [{"name": "case", "in": "path", "required": True, "schema": {"type": "string"}}],
        "responses": {"200": {"description": "ok"}},
        **more,
    }


DOCUMENT = json.dumps(
    {
        "openapi": "3.0.3",
        "info": {"title": "Echo", "version": "1"},
        "paths": {
            "/echo/{case}": {
                "get": operation("echo"),
                "post": operation("write", requestBody={"content": {"application/json": {}}}),
            },
            "/pair/{case}": {"get": operation("pair")},
            "/minted/{case}": {"get": operation("minted")},
        },
    }
)


def issue_token(_request: SimpleNamespace) -> bytes:
    body = json.dumps({"access_token": MINTED, "token_type": "Bearer", "expires_in": 3600}).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body


def mint(gateway: Gateway) -> Gateway:
    """Have the gateway get its token."""
    gateway.upstream.script["/token"] = issue_token
    gateway.upstream.script["/minted/once"] = b"HTTP/1.1 204 No Content\r\n\r\n"
    assert gateway.call("/minted/once").status == 204
    return gateway


@pytest.fixture(scope="module", params=["connection", "asgi"])
def gateway(request: pytest.FixtureRequest, scripted: Callable[..., Gateway]) -> Gateway:
    """A gateway that carries all kinds of secrets, a minted token among them."""
    return mint(scripted(config, DOCUMENT, ENVIRONMENT, request.param))


@pytest.fixture(scope="module", params=["connection", "asgi"])
def trusting_gateway(request: pytest.FixtureRequest, scripted: Callable[..., Gateway]) -> Gateway:
    """A gateway whose operator says that the upstream never echoes."""
    return scripted(lambda port: config(port, echoes="never"), DOCUMENT, ENVIRONMENT, request.param)


@pytest.fixture(scope="module", params=["connection", "asgi"])
def passing_gateway(request: pytest.FixtureRequest, scripted: Callable[..., Gateway]) -> Gateway:
    """A gateway whose operator wants answers that cannot be read."""
    return mint(scripted(lambda port: config(port, unreadable="pass"), DOCUMENT, ENVIRONMENT, request.param))


# What a client could read in what it got.

_NAMED = {name.rstrip(";"): text for name, text in html.entities.html5.items() if len(text) == 1}
_UNIT = re.compile(
    rb"%(?P<percent>[0-9A-Fa-f]{2})|\\u(?P<unicode>[0-9A-Fa-f]{4})|\\(?P<short>[\"\\/bfnrt'])"
    rb"|&#0*(?P<decimal>[0-9]{1,7});?|&#[xX]0*(?P<hex>[0-9A-Fa-f]{1,6});?|&(?P<named>[A-Za-z]{2,24});"
)
_SHORT = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t"}


def unescaped(octets: bytes) -> bytes:
    def plain(match: re.Match[bytes]) -> bytes:
        if match["percent"]:
            return bytes((int(match["percent"], 16),))
        if match["unicode"]:
            return chr(int(match["unicode"], 16)).encode("utf-8", "surrogatepass")
        if match["short"]:
            return _SHORT.get(match["short"], match["short"])
        if match["named"]:
            return _NAMED.get(match["named"].decode(), "").encode() or match[0]
        number = int(match["decimal"]) if match["decimal"] else int(match["hex"], 16)
        return chr(number).encode("utf-8", "surrogatepass") if number < 0x110000 else match[0]

    return _UNIT.sub(plain, octets)


def readings(octets: bytes) -> Iterator[bytes]:
    """Everything that a client may take the bytes for; what only fills them is left out."""
    octets = re.sub(rb"(\0|\x20){64,}", b" ", octets)
    yield octets
    once = unescaped(octets)
    yield from (once, unescaped(once))
    for text in (octets, once):
        for run in re.findall(rb"[A-Za-z0-9+/_-]{8,}", text):
            plain = run.replace(b"-", b"+").replace(b"_", b"/")
            for start in range(4):
                piece = plain[start:]
                yield base64.b64decode(piece[: len(piece) // 4 * 4])
                if len(piece) % 4 > 1:
                    yield base64.b64decode(piece + b"=" * (-len(piece) % 4))
        for run in re.findall(rb"[0-9A-Fa-f]{12,}", text):
            for start in range(2):
                piece = run[start:]
                yield bytes.fromhex(piece[: len(piece) // 2 * 2].decode())


WINDOWS = {secret.encode()[at : at + WINDOW] for secret in SECRETS for at in range(len(secret.encode()) - WINDOW + 1)}


def leaks(octets: bytes) -> set[Any]:
    """The pieces of secrets that a client can read in the bytes."""
    return {window for reading in readings(octets) for window in WINDOWS if window in reading}


def bodies(answer: SimpleNamespace) -> list[bytes]:
    """The body as it came, and each thing that its codings or a lenient client make of it."""
    found = [answer.body]
    for _ in range(3):
        for body in list(found):
            for wbits in (47, -15):
                with_rest = zlib.decompressobj(wbits)
                try:
                    plain = with_rest.decompress(body, 20_000_000)
                except zlib.error:
                    continue
                if plain and plain not in found:
                    found += [plain, with_rest.unused_data]
    return found


def assert_hidden(answer: SimpleNamespace) -> None:
    """Nothing of a secret is in the answer, and what is not a refusal of ours is whole."""
    assert leaks(answer.head) == set()
    for body in bodies(answer):
        assert leaks(body) == set(), body[:300]
    if answer.status == 502:
        assert json.loads(answer.body)["code"] == "unreadable-answer", answer.body


def answer(body: bytes, *fields: bytes, status: bytes = b"200 OK", framed: bool = True) -> bytes:
    lines = [b"HTTP/1.1 " + status, b"Content-Type: text/plain", *fields]
    if framed:
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def chunked(pieces: list[bytes], *fields: bytes, trailers: bytes = b"") -> Iterator[bytes]:
    yield b"\r\n".join((b"HTTP/1.1 200 OK", *fields, b"Transfer-Encoding: chunked")) + b"\r\n\r\n"
    for piece in pieces:
        if piece:
            yield b"%x\r\n" % len(piece) + piece + b"\r\n"
    yield b"0\r\n" + trailers + b"\r\n"


def ask(gateway: Gateway, made: Any, **call: Any) -> SimpleNamespace:
    pieces = made if isinstance(made, bytes) or callable(made) else list(made)
    gateway.upstream.script["/echo/case"] = pieces
    return gateway.call("/echo/case", **call)


PLAIN = b"before " + " ".join(SECRETS).encode() + b" after"


def brotli(data: bytes) -> bytes:
    """A brotli stream of uncompressed blocks (RFC 7932, 9)."""
    size = len(data) - 1
    first = 0 | size << 4 | 1 << 20  # window bits 16; not the last; four nibbles; uncompressed
    return first.to_bytes(3, "little") + data + b"\x03"


def zstd(data: bytes) -> bytes:
    """A zstd frame of one raw block (RFC 8878, 3.1)."""
    block = 1 | len(data) << 3
    return b"\x28\xb5\x2f\xfd\xa0" + len(data).to_bytes(4, "little") + block.to_bytes(3, "little") + data


def raw_deflate(data: bytes, level: int = 6) -> bytes:
    made = zlib.compressobj(level, wbits=-15)
    return made.compress(data) + made.flush()


def gzip_with_name(data: bytes, name: bytes) -> bytes:
    """A gzip member that carries a file name, a comment and an extra field (RFC 1952, 2.3)."""
    extra = b"ab" + len(name).to_bytes(2, "little") + name
    head = b"\x1f\x8b\x08\x1c" + b"\0" * 4 + b"\0\x03" + len(extra).to_bytes(2, "little") + extra
    tail = zlib.crc32(data).to_bytes(4, "little") + len(data).to_bytes(4, "little")
    return head + name + b"\0" + name + b"\0" + raw_deflate(data) + tail


def signed_chunks(data: bytes) -> bytes:
    """What S3 clients send as `aws-chunked`."""
    half = len(data) // 2
    signature = b";chunk-signature=" + b"0" * 64
    return b"".join(b"%x%b\r\n%b\r\n" % (len(piece), signature, piece) for piece in (data[:half], data[half:], b""))


CODINGS = {
    "none": (b"none", PLAIN),
    "utf-8": (b"utf-8", PLAIN),
    "identity": (b"identity", PLAIN),
    "identity twice": (b"identity, identity", PLAIN),
    "aws-chunked": (b"aws-chunked", PLAIN),
    "aws-chunked in pieces": (b"aws-chunked", signed_chunks(HEADER.encode() * 3)),
    "unknown": (b"x-rot13", PLAIN),
    "empty": (b"", PLAIN),
    "a comma": (b",", PLAIN),
    "br": (b"br", brotli(PLAIN)),
    "br in capitals": (b"BR", brotli(PLAIN)),
    "text labelled br": (b"br", PLAIN),
    "text after br": (b"br", brotli(b"fine") + PLAIN),
    "zstd": (b"zstd", zstd(PLAIN)),
    "text labelled zstd": (b"zstd", PLAIN),
    "a second zstd frame": (b"zstd", zstd(b"fine") + zstd(PLAIN)),
    "a skippable zstd frame": (b"zstd", b"\x50\x2a\x4d\x18" + len(PLAIN).to_bytes(4, "little") + PLAIN + zstd(b"fine")),
    "compress": (b"compress", PLAIN),
    "gzip": (b"gzip", gzip.compress(PLAIN)),
    "x-gzip": (b"X-GZIP", gzip.compress(PLAIN)),
    "stored gzip": (b"gzip", gzip.compress(PLAIN, 0)),
    "gzip twice": (b"gzip, gzip", gzip.compress(gzip.compress(PLAIN))),
    "gzip twice, said once": (b"gzip", gzip.compress(gzip.compress(PLAIN))),
    "gzip over br": (b"br, gzip", gzip.compress(brotli(PLAIN))),
    "br over gzip": (b"gzip, br", brotli(gzip.compress(PLAIN))),
    "stored gzip over identity": (b"identity, gzip", gzip.compress(PLAIN, 0)),
    "text labelled gzip": (b"gzip", PLAIN),
    "text labelled deflate": (b"deflate", PLAIN),
    "deflate": (b"deflate", zlib.compress(PLAIN)),
    "raw deflate": (b"deflate", raw_deflate(PLAIN)),
    "stored raw deflate": (b"deflate", raw_deflate(PLAIN, 0)),
    "raw deflate labelled gzip": (b"gzip", raw_deflate(PLAIN)),
    "zlib labelled gzip": (b"gzip", zlib.compress(PLAIN)),
    "text after a gzip member": (b"gzip", gzip.compress(b"fine") + PLAIN),
    "text after zlib": (b"deflate", zlib.compress(b"fine") + PLAIN),
    "a second gzip member": (b"gzip", gzip.compress(b"fine") + gzip.compress(PLAIN)),
    "a gzip member whose name is a secret": (b"gzip", gzip_with_name(b"fine", HEADER.encode())),
    "a cut gzip member": (b"gzip", gzip.compress(PLAIN)[:-12]),
    "a gzip member with a wrong checksum": (b"gzip", gzip.compress(PLAIN)[:-8] + b"\0" * 8),
    "a gzip head alone": (b"gzip", gzip.compress(b"")[:10] + PLAIN),
    "after 8 MB": (b"gzip", gzip.compress(b" " * (8 << 20) + b" " + PLAIN)),
    "after 20 MB in stored blocks": (b"gzip", gzip.compress(b"\0" * (20 << 20), 9) + gzip.compress(PLAIN, 0)),
    "after 8 MB of deflate": (b"deflate", zlib.compress(b" " * (8 << 20) + b" " + PLAIN)),
}


@pytest.mark.parametrize("name", CODINGS)
@pytest.mark.parametrize("is_chunked", [False, True], ids=["framed", "chunked"])
def test_no_coding_of_the_body_shows_a_secret(gateway: Gateway, name: str, is_chunked: bool) -> None:
    coding, body = CODINGS[name]
    field = b"Content-Encoding: " + coding
    pieces = [body[at : at + 7001] for at in range(0, len(body), 7001)]
    made = chunked(pieces, field) if is_chunked else answer(body, field)
    assert_hidden(ask(gateway, made, fields=["Accept-Encoding: gzip, deflate, br, zstd, none"]))


@pytest.mark.parametrize("fields", [[b"gzip", b"gzip"], [b"identity", b"gzip"], [b"gzip", b"identity"], [b"br", b"x"]])
def test_two_fields_that_name_codings_show_no_secret(gateway: Gateway, fields: list[bytes]) -> None:
    for body in (PLAIN, gzip.compress(PLAIN), gzip.compress(gzip.compress(PLAIN))):
        assert_hidden(ask(gateway, answer(body, *(b"Content-Encoding: " + field for field in fields))))


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "none", "x-rot13", "aws-chunked"])
def test_a_coding_that_the_operator_lets_pass_is_still_masked_in_its_raw_bytes(
    passing_gateway: Gateway, coding: str
) -> None:
    answered = ask(passing_gateway, answer(PLAIN, b"Content-Encoding: " + coding.encode()))
    assert leaks(answered.body) == set()
    assert leaks(answered.head) == set()


@pytest.mark.parametrize(
    ("coding", "make"),
    [
        ("br", brotli),
        ("zstd", zstd),
        ("gzip", gzip.compress),
        ("x-gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("identity", bytes),
        ("gzip, identity", gzip.compress),
    ],
)
def test_a_coding_that_can_be_read_passes_where_no_secret_is_in_it(
    gateway: Gateway, coding: str, make: Callable[..., Any] | type[Any]
) -> None:
    body = make(b"nothing to hide, " * 40)
    answered = ask(gateway, answer(body, b"Content-Encoding: " + coding.encode()))
    assert answered.status == 200
    assert body in bodies(answered) or b"nothing to hide, " * 40 in bodies(answered)


@pytest.mark.parametrize("name", ["unknown", "compress", "text labelled gzip"])
def test_a_coding_that_cannot_be_read_is_refused_with_its_own_code(gateway: Gateway, name: str) -> None:
    coding, body = CODINGS[name]
    answered = ask(gateway, answer(body, b"Content-Encoding: " + coding))
    assert answered.status == 502
    assert json.loads(answered.body)["code"] == "unreadable-answer"


def test_compressed_and_flushed_events_show_neither_a_secret_nor_its_beginning(gateway: Gateway) -> None:
    made = zlib.compressobj(wbits=31)
    events = [b"data: one\n\n", b"data: " + HEADER.encode()[:-1], HEADER.encode()[-1:] + b"\n\n", b"data: two\n\n"]
    pieces = [made.compress(event) + made.flush(zlib.Z_SYNC_FLUSH) for event in events] + [made.flush()]
    fields = (b"Content-Type: text/event-stream", b"Content-Encoding: gzip")
    answered = ask(gateway, chunked(pieces, *fields))
    assert_hidden(answered)
    # Whatever has arrived before the end, no client may have read it either.
    for end in range(0, len(answered.body), 3):
        for body in bodies(type(answered)(body=answered.body[:end])):
            assert leaks(body) == set()


@pytest.mark.parametrize("secret", SECRETS)
def test_a_get_shows_no_secret_of_any_other_call(gateway: Gateway, secret: str) -> None:
    for spelled in (secret, quote(secret, safe=""), json.dumps(secret), base64.b64encode(secret.encode()).decode()):
        answered = ask(gateway, answer(b"last request: " + spelled.encode() + b" end"))
        assert answered.status == 200
        assert_hidden(answered)
        assert answered.body.startswith(b"last request: ")
        assert answered.body.endswith(b" end")


def test_a_get_that_echoes_the_last_requests_does_not_show_their_credentials(gateway: Gateway) -> None:
    for path in ("/echo/other", "/pair/other", "/minted/other"):
        gateway.upstream.script[path] = b"HTTP/1.1 204 No Content\r\n\r\n"
    gateway.upstream.requests.clear()
    assert gateway.call("/echo/other", "POST", ["Content-Type: application/json"], b"{}").status == 204
    assert gateway.call("/pair/other").status == 204
    assert gateway.call("/minted/other").status == 204
    sent = [f"{name}: {value}" for request in gateway.upstream.requests for name, value in request.fields]
    targets = [request.target for request in gateway.upstream.requests]
    assert any(WRITE in field for field in sent)
    assert any(MINTED in field for field in sent)
    assert_hidden(ask(gateway, answer("\n".join(sent + targets).encode("latin-1"))))


@pytest.mark.parametrize("separator", [":", "%3A", "\\u003a", "&#58;"])
def test_a_pair_of_user_and_password_is_masked_in_every_form(gateway: Gateway, separator: str) -> None:
    pair = f"svc{separator}{PASSWORD}"
    encoded = base64.b64encode(f"svc:{PASSWORD}".encode()).decode()
    forms = [pair, encoded, encoded.rstrip("="), quote(encoded, safe=""), encoded.replace("+", "-").replace("/", "_")]
    assert_hidden(ask(gateway, answer("\n".join(f"Basic {form}" for form in forms).encode())))


def spelled(text: str, random: Random) -> bytes:
    """The text with each character in a spelling drawn for it."""
    names: dict[str, list[str]] = {}
    for name, character in html.entities.html5.items():
        if name.endswith(";") and len(character) == 1:
            names.setdefault(character, []).append(f"&{name}")
    out = []
    for c in text:
        ways: list[Any] = [
            lambda c=c: c,
            lambda c=c: c,
            lambda c=c: "".join(f"%{octet:02x}" for octet in c.encode()),
            lambda c=c: "".join(f"%{octet:02X}" for octet in c.encode()),
            lambda c=c: f"\\u{ord(c):04x}",
            lambda c=c: f"\\u{ord(c):04X}",
            lambda c=c: f"&#{ord(c)};",
            lambda c=c: f"&#{'0' * random.randrange(6)}{ord(c)};",
            lambda c=c: f"&#x{'0' * random.randrange(6)}{ord(c):x};",
            lambda c=c: f"&#X{ord(c):X};",
        ]
        if c in '"\\/':
            ways += [lambda c=c: "\\" + c] * 3
        if c in names:
            ways += [lambda c=c: random.choice(names[c])] * 3
        out.append(random.choice(ways)())
    return "".join(out).encode()


def encoded(text: str, random: Random) -> bytes:
    """The text in base64, base64url or hex, at one of the alignments, padded or not."""
    octets = b"z" * random.randrange(3) + text.encode() + b"z" * random.randrange(3)
    kind = random.randrange(4)
    if kind == 3:
        return (octets.hex() if random.random() < 0.5 else octets.hex().upper()).encode()
    made = base64.urlsafe_b64encode(octets) if kind == 1 else base64.b64encode(octets)
    made = made.rstrip(b"=") if random.random() < 0.5 else made
    return quote(made, safe="").encode() if random.random() < 0.2 else made


def cut(body: bytes, random: Random) -> list[bytes]:
    bounds = sorted(random.randrange(len(body) + 1) for _ in range(random.choice((0, 1, 3, 10, len(body) // 3))))
    return [body[start:end] for start, end in zip([0, *bounds], [*bounds, len(body)], strict=True)]


def test_no_mix_of_spellings_cut_anywhere_shows_a_secret(gateway: Gateway) -> None:
    seed = randomness.randbits(32)
    random = Random(seed)
    for _ in range(150):
        secret = random.choice(SECRETS)
        make = random.choice((spelled, spelled, encoded))
        body = random.choice((b"", b"before ", b'{"k": "')) + make(secret, random) + random.choice((b"", b" after"))
        answered = ask(gateway, chunked(cut(body, random), b"Content-Type: text/plain"))
        assert answered.status == 200, seed
        assert len(answered.body) == len(body), (seed, body)
        assert leaks(answered.body) == set(), (seed, body, answered.body)


def test_the_rest_of_a_secret_that_begins_with_another_does_not_show(gateway: Gateway) -> None:
    for gap in range(len(LONG)):
        body = b"x " + LONG.encode() + b" y " + SHORT.encode() + b" z"
        answered = ask(gateway, chunked([body[: 2 + gap], body[2 + gap :]]))
        assert answered.body == b"x " + b"*" * len(LONG) + b" y " + b"*" * len(SHORT) + b" z"


def test_secrets_side_by_side_and_within_each_other_do_not_show(gateway: Gateway) -> None:
    for body in (SHORT + SHORT, SHORT + LONG, LONG[:-3] + LONG, HEADER[:9] + HEADER, SHORT[:-1] + SHORT + LONG[3:]):
        answered = ask(gateway, chunked([body[:7].encode(), body[7:].encode()]))
        whole = {secret for secret in SECRETS if secret in body}
        assert not any(secret.encode() in answered.body for secret in whole)


def test_a_masked_body_is_as_long_as_its_length_says(gateway: Gateway) -> None:
    body = PLAIN * 40
    answered = ask(gateway, answer(body))
    assert (b"content-length", b"%d" % len(body)) in answered.fields
    assert len(answered.body) == len(body)
    assert_hidden(answered)


@pytest.mark.parametrize("secret", SECRETS)
def test_fields_and_the_reason_phrase_show_no_secret(gateway: Gateway, secret: str) -> None:
    random = Random(7)
    fields = [
        b"X-Echo: " + secret.encode(),
        b"X-Spelled: " + spelled(secret, random),
        b"X-Base: " + encoded(secret, random),
        b"Location: /x?key=" + quote(secret, safe="").encode(),
        b"Link: <http://other.test/?key=" + quote(secret, safe="~").encode() + b'>; rel="next"',
        b"WWW-Authenticate: Basic realm=" + json.dumps(secret).encode(),
        b'ETag: "' + base64.b64encode(secret.encode()) + b'"',
        b"Content-Disposition: attachment; filename*=UTF-8''" + quote(secret, safe="").encode(),
    ]
    answered = ask(gateway, answer(b"fine", *fields, status=b"200 " + secret.encode()))
    assert_hidden(answered)
    answered = ask(gateway, answer(b"fine", *fields), method="HEAD")
    assert leaks(answered.raw) == set()


def test_a_name_of_a_field_shows_no_secret(gateway: Gateway) -> None:
    answered = ask(gateway, answer(b"fine", b"X-" + SHORT.encode() + b": 1", b"X-" + WRITE.encode() + b": 1"))
    assert leaks(answered.raw) == set()


def test_a_name_of_a_field_shows_no_secret_that_has_no_capitals(scripted: Callable[..., Any]) -> None:
    # Names of fields have no case: an upstream in Go writes them with capitals, and clients read them without.
    gateway = scripted(config, DOCUMENT, ENVIRONMENT | {"A_SHORT": "low-er-4711-case"}, "asgi")
    answered = ask(gateway, answer(b"fine", b"X-Low-Er-4711-Case: 1", b"X-Low-Er: 2"))
    assert b"4711" not in answered.raw
    assert (b"x-low-er", b"2") in answered.fields


def test_trailers_and_interim_answers_show_no_secret(gateway: Gateway) -> None:
    interim = b"HTTP/1.1 103 Early Hints\r\nLink: </" + SHORT.encode() + b">\r\n\r\n"
    trailers = b"X-Echo: " + HEADER.encode() + b"\r\nX-Other: " + LONG.encode() + b"\r\n"
    answered = ask(gateway, [interim, *chunked([b"fine"], b"Trailer: X-Echo", trailers=trailers)])
    assert answered.status == 200
    assert leaks(answered.raw) == set()


@pytest.mark.parametrize("status", [b"400 Bad Request", b"401 Unauthorized", b"404 Not Found", b"500 Oops"])
def test_an_error_of_the_upstream_shows_no_secret(gateway: Gateway, status: bytes) -> None:
    answered = ask(gateway, answer(PLAIN, status=status))
    assert leaks(answered.raw) == set()


@pytest.mark.parametrize("length", range(WINDOW, len(SHORT)))
def test_a_body_that_breaks_off_within_a_secret_does_not_show_its_beginning(gateway: Gateway, length: int) -> None:
    begun = b"key: " + LONG.encode()[:length]
    framed = answer(begun + LONG.encode()[length:])[: length - len(LONG)]
    assert leaks(ask(gateway, [framed, None]).body) == set()
    assert leaks(ask(gateway, [*list(chunked([begun]))[:-1], None]).body) == set()


RANGES = ["bytes=0-11", "bytes=-12", "bytes=12-", "bytes=0-3,8-11", "Bytes=0-11", "x=0-11"]


@pytest.mark.parametrize("value", RANGES)
def test_a_range_is_not_asked_for_where_it_could_cut_a_secret(gateway: Gateway, value: str) -> None:
    gateway.upstream.requests.clear()
    answered = ask(gateway, answer(PLAIN), fields=[f"Range: {value}", 'If-Range: "x"'])
    assert_hidden(answered)
    assert answered.status == 200
    (request,) = gateway.upstream.requests
    assert [name for name, _ in request.fields if name in {"range", "if-range"}] == []


@pytest.mark.parametrize("start", range(1, len(HEADER), 3))
def test_a_part_that_begins_or_ends_within_a_secret_is_refused(gateway: Gateway, start: int) -> None:
    for body in (HEADER.encode()[start:] + b" rest", b"x " + HEADER.encode()[:start]):
        fields = (b"Content-Range: bytes 7-%d/1000" % (6 + len(body)),)
        answered = ask(gateway, answer(body, *fields, status=b"206 Partial Content"), fields=["Range: bytes=7-30"])
        # What is shorter than any masked secret shows too little of one.
        assert answered.status == (502 if len(body) >= 6 else 206)
        assert leaks(answered.raw) == set()


def test_parts_of_several_ranges_are_refused(gateway: Gateway) -> None:
    parts = b"".join(
        b"--b\r\nContent-Range: bytes %d-%d/99\r\n\r\n" % (at, at + 4) + HEADER.encode()[at : at + 5] + b"\r\n"
        for at in range(0, len(HEADER), 5)
    )
    field = b"Content-Type: multipart/byteranges; boundary=b"
    answered = ask(gateway, answer(parts + b"--b--\r\n", field, status=b"206 Partial Content"))
    assert answered.status == 502


def test_ranges_pass_where_the_operator_says_that_the_upstream_never_echoes(trusting_gateway: Gateway) -> None:
    trusting_gateway.upstream.requests.clear()
    part = answer(b"abc", b"Content-Range: bytes 0-2/9", status=b"206 Partial Content")
    answered = ask(trusting_gateway, part, fields=["Range: bytes=0-2"])
    assert answered.status == 206
    assert answered.body == b"abc"
    (request,) = trusting_gateway.upstream.requests
    assert ("range", "bytes=0-2") in request.fields


@pytest.mark.parametrize("coding", [b"gzip", b"gzip, chunked", b"identity"])
def test_a_transfer_coding_other_than_chunked_shows_no_secret(gateway: Gateway, coding: bytes) -> None:
    body = gzip.compress(PLAIN)
    made = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: " + coding + b"\r\n\r\n%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n"
    answered = ask(gateway, [made, None])
    assert answered.status == 502
    assert leaks(answered.raw) == set()


def test_a_token_that_one_worker_got_is_masked_in_an_answer_of_any_other(scripted: Callable[..., Gateway]) -> None:
    # Each question for a token is answered with another one, and each worker asks for itself.
    issued: list[str] = []

    def issue(_request: SimpleNamespace) -> bytes:
        issued.append(f"mNt_{len(issued)}_" + randomness.token_hex(12))
        return answer(json.dumps({"access_token": issued[-1], "token_type": "Bearer", "expires_in": 3600}).encode())

    gateway = scripted(config, DOCUMENT, ENVIRONMENT, "connection", "--workers", "2")
    gateway.upstream.script["/token"] = issue
    gateway.upstream.script["/minted/once"] = answer(b"")
    for _ in range(200):
        assert gateway.call("/minted/once").status == 200
        if len(issued) > 1:
            break
    assert len(issued) > 1
    for _ in range(40):
        answered = ask(gateway, answer(" ".join(issued).encode()))
        assert answered.body == b" ".join(b"*" * len(token) for token in issued)


@pytest.mark.parametrize("separator", ["\n", "\r\n"])
@pytest.mark.parametrize("secret", SECRETS)
def test_base64_in_lines_shows_no_secret(gateway: Gateway, secret: str, separator: str) -> None:
    for before in range(30, 60, 3):
        data = b"x" * before + secret.encode() + b"y" * 40
        digits = base64.b64encode(data).decode()
        lines = [digits[at : at + 60] for at in range(0, len(digits), 60)]
        for text in (
            separator.join(lines),
            json.dumps({"content": separator.join(lines)}),
            json.dumps(json.dumps({"content": separator.join(lines)})),
        ):
            answered = ask(gateway, answer(text.encode()))
            assert answered.status == 200
            assert len(answered.body) == len(text)
            joined = re.sub(rb"\\+[rn]|\s", b"", answered.body)
            assert leaks(joined.replace(b"*", b"")) == set(), (text, answered.body)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_wide_text_shows_no_spelling_of_a_secret(gateway: Gateway, encoding: str) -> None:
    random = Random(11)
    for secret in SECRETS:
        for text in (secret, spelled(secret, random).decode(), encoded(secret, random).decode()):
            field = b"Content-Type: text/plain; charset=" + encoding.encode()
            answered = ask(gateway, answer(f"key: {text}\n".encode(encoding), field))
            assert leaks(answered.body.replace(b"\0", b"")) == set()


def test_quoted_printable_text_shows_no_secret(gateway: Gateway) -> None:
    for secret in SECRETS:
        for before in range(40, 76, 5):
            written = quopri.encodestring(b"x" * before + b" " + secret.encode() + b" and more")
            answered = ask(gateway, answer(written, b"Content-Transfer-Encoding: quoted-printable"))
            assert leaks(quopri.decodestring(answered.body)) == set(), (written, answered.body)
            answered = ask(
                gateway,
                chunked([written[:at] for at in (0,)] + [written[at : at + 9] for at in range(0, len(written), 9)]),
            )
            assert leaks(quopri.decodestring(answered.body)) == set(), (written, answered.body)


@pytest.mark.parametrize("secret", SECRETS)
def test_a_line_of_a_head_that_is_a_secret_does_not_show_it(gateway: Gateway, secret: str) -> None:
    # In `pa:ss` the colon ends a name, and what goes down has a blank behind it.
    for line in (secret.encode(), secret.encode() + b": 1", b"X: 1\r\n" + secret.encode()):
        answered = ask(gateway, answer(b"fine", line))
        assert leaks(answered.raw.replace(b": ", b":")) == set()
        assert leaks(answered.raw) == set()


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("status", [b"301 Moved", b"302 Found", b"304 Not Modified", b"401 Unauthorized", b"503 Oops"])
def test_no_field_of_a_redirect_or_an_error_shows_a_secret_in_any_spelling(
    gateway: Gateway, secret: str, status: bytes
) -> None:
    random = Random(5)
    for way in (secret.encode(), quote(secret, safe="").encode(), spelled(secret, random), encoded(secret, random)):
        names = (
            b"Location: /x?k=",
            b"Content-Location: ",
            b"Refresh: 0; url=/",
            b"Retry-After: ",
            b"ETag: ",
            b"Set-Cookie: sid=",
        )
        fields = [name + way for name in names]
        for method in ("GET", "HEAD"):
            made = answer(b"", *fields, status=status, framed=not status.startswith(b"304"))
            assert leaks(ask(gateway, made, method=method).raw) == set()


def test_no_error_of_the_gateway_quotes_what_the_upstream_sent(gateway: Gateway) -> None:
    for secret in SECRETS:
        written = secret.encode()
        for head in (
            b"HTTP/1.1 " + written + b" x",
            written,
            b"HTTP/1.1 200 OK\r\nContent-Length: " + written,
            b"HTTP/1.1 200 OK\r\nContent-Encoding: " + written + b"\r\nContent-Length: 1",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: " + written,
            b"HTTP/1.1 206 Partial\r\nContent-Range: bytes " + written + b"\r\nContent-Length: 9",
        ):
            answered = ask(gateway, [head + b"\r\n\r\n" + written, None])
            assert answered.status == 502
            assert leaks(answered.raw) == set()


def test_a_renewed_token_and_the_one_before_it_are_both_masked(scripted: Callable[..., Gateway]) -> None:
    issued: list[str] = []

    def issue(_request: SimpleNamespace) -> bytes:
        issued.append(f"mNt_{len(issued)}_" + randomness.token_hex(12))
        return answer(json.dumps({"access_token": issued[-1], "token_type": "Bearer", "expires_in": 3600}).encode())

    def refuse_the_first(request: SimpleNamespace) -> bytes:
        shown = dict(request.fields)["authorization"]
        told = (" ".join(issued) + " " + shown).encode()
        if issued[0] in shown:
            return answer(
                told, b"WWW-Authenticate: Bearer realm=" + issued[0].encode(), status=b"401 " + shown.encode()
            )
        return answer(told)

    gateway = scripted(config, DOCUMENT, ENVIRONMENT, "connection")
    gateway.upstream.script |= {"/token": issue, "/minted/once": refuse_the_first}
    answered = gateway.call("/minted/once")
    assert answered.status == 200
    assert len(issued) == 2
    assert re.fullmatch(rb"[* ]+Bearer \*+", answered.body)
