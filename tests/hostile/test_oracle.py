import base64
import gzip
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.hostile.cases import CANARY
from plugin_gateway.hostile.oracle import Arrival, Oracle, readings
from plugin_gateway.hostile.terrain import AttackedOperation, Terrain

TERRAIN = Terrain(
    allowed=(AttackedOperation("GET", "/pets/{id}"), AttackedOperation("GET", "/pets/best")),
    denied=(
        AttackedOperation("GET", "/pets/mine"),
        AttackedOperation("GET", "/{any}/{thing}"),
        AttackedOperation("POST", "/pets/{id}"),
    ),
    injected_headers=("X-Api-Key",),
)
HEAD = b"GET /x HTTP/1.1\r\nX-Api-Key: k\r\n\r\n"


def found(target: str, method: str = "GET", octets: bytes = HEAD) -> list[str]:
    return list(Oracle(TERRAIN, ()).judge_arrival(Arrival(method, target, octets)))


@pytest.mark.parametrize("target", ["/pets/7", "/pets/best", "/pets/7?a=/pets/mine", "/pets/mine%3Bx", "/pets/a.b"])
def test_an_allowed_call_is_fine(target: str) -> None:
    assert found(target) == []


def test_a_head_request_is_judged_as_get() -> None:
    assert found("/pets/7", "HEAD") == []
    assert found("/pets/mine", "HEAD")


@pytest.mark.parametrize(
    "target",
    [
        "/pets/mine", "/pets/MINE", "/pets/%6Dine", "/pets/%256Dine", "/pets//mine", "/pets/./mine", "/a/../pets/mine",
        "/pets/mine/", "/pets/mine.", "/pets/mine%00", "/pets/mine;x=1", "/pets\\mine", "/pets/mine%20", "/x/%2e%2e/pets/mine",
    ],
)  # fmt: skip
def test_a_path_that_some_server_reads_as_a_denied_one_is_a_leak(target: str) -> None:
    assert any("denied" in what for what in found(target))


def test_a_call_of_no_operation_is_a_leak() -> None:
    assert found("/a/b/c") == ["it matches no allowed operation"]
    assert any("POST" in what for what in found("/pets/7", "POST"))


def test_a_field_of_the_caller_in_the_request_is_a_leak() -> None:
    assert found("/pets/7", octets=HEAD.replace(b"\r\n\r\n", f"\r\nA: {CANARY}\r\n\r\n".encode()))


@pytest.mark.parametrize("field", [b"", b"X-Api-Key: k\r\nx_api_key: c\r\n"])
def test_the_injected_field_must_occur_once(field: bytes) -> None:
    assert any("times" in what for what in found("/pets/7", octets=b"GET /x HTTP/1.1\r\n" + field + b"\r\n"))


SECRETS = st.text("abcdefghijklmnopqrstuvwxyz0123456789+/", min_size=18, max_size=30)


@given(SECRETS, st.binary(max_size=9), st.binary(max_size=9), st.integers(0, 12))
def test_six_characters_of_a_secret_in_an_answer_are_a_leak(secret: str, a: bytes, b: bytes, at: int) -> None:
    assert list(Oracle(TERRAIN, [secret]).judge_answer(a + secret[at : at + 6].encode() + b))


@given(SECRETS, st.binary(max_size=9), st.binary(max_size=9))
def test_a_secret_in_base64_or_hexadecimal_is_a_leak(secret: str, a: bytes, b: bytes) -> None:
    oracle = Oracle(TERRAIN, [secret])
    text = a + secret.encode() + b
    assert list(oracle.judge_answer(base64.b64encode(text)))
    assert list(oracle.judge_answer(text.hex().encode()))


@pytest.mark.parametrize("compress", [gzip.compress, zlib.compress], ids=["gzip", "deflate"])
@given(secret=SECRETS, is_chunked=st.booleans())
def test_a_secret_in_a_compressed_answer_is_a_leak(
    compress: Callable[[bytes], bytes], secret: str, *, is_chunked: bool
) -> None:
    body = compress(secret.encode())
    if is_chunked:
        body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    assert list(Oracle(TERRAIN, [secret]).judge_answer(b"HTTP/1.1 200 OK\r\n\r\n" + body))


def test_compressed_data_that_look_like_a_chunk_line_are_read_as_data() -> None:
    secret = "g1d+wq5xall46tvr2/4m3tgmh8wpu"
    body = zlib.compress(secret.encode())
    assert body.endswith(b"\r\n5")
    answer = b"HTTP/1.1 200 OK\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    assert list(Oracle(TERRAIN, [secret]).judge_answer(answer))


@given(SECRETS)
def test_a_secret_that_chunks_cut_is_a_leak(secret: str) -> None:
    pieces = (secret[at : at + 5].encode() for at in range(0, len(secret), 5))
    body = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    assert list(Oracle(TERRAIN, [secret]).judge_answer(b"HTTP/1.1 200 OK\r\n\r\n" + body + b"0\r\n\r\n"))


def test_a_masked_answer_is_fine() -> None:
    assert list(Oracle(TERRAIN, ["a-long-secret-9"]).judge_answer(b"X-Api-Key: " + b"*" * 15)) == []


@given(st.text("abc/.%\\;2eEfF", max_size=12))
def test_the_path_itself_is_one_of_its_readings(path: str) -> None:
    assert path in readings(path)


@pytest.mark.parametrize(
    ("secret", "answer", "is_a_leak"),
    [
        ("customer-portal-2024-11-30", b"the customer came on 2024-11-30", False),
        ("customer-portal-2024-11-30", b"customer-portal", True),
        ("petstorekey4711x", b"petstore", False),
        ("petstorekey4711x", b"key471", True),
        ("shortkey", b"shortk", False),
        ("shortkey", b"a shortkey", True),
    ],
)
def test_words_and_dates_in_the_answers_of_a_real_api_are_not_reported_as_a_leak(
    secret: str, answer: bytes, *, is_a_leak: bool
) -> None:
    assert bool(list(Oracle(TERRAIN, [secret], is_remote=True).judge_answer(answer))) is is_a_leak


@given(SECRETS, st.integers(0, 12))
def test_text_that_a_gateway_without_secrets_also_answers_is_not_reported_as_a_leak(secret: str, at: int) -> None:
    word = secret[at : at + 6].encode()
    oracle = Oracle(TERRAIN, [secret])
    assert list(oracle.judge_answer(b"a " + word, ordinary=word)) == []
    assert list(oracle.judge_answer(b"a " + secret.encode(), ordinary=word))


@pytest.mark.parametrize("encode", [base64.b64encode, bytes.hex, reversed])
@given(
    before=st.binary(max_size=9).filter(lambda octets: not octets.endswith(b"x"))
)  # with x, it is a part of the secret
def test_an_encoded_word_is_excused_if_the_plain_word_is(encode: Callable[[bytes], Any], before: bytes) -> None:
    oracle = Oracle(TERRAIN, ["x9x-Content-Type-Content-x9y"])
    encoded = encode(before + b"-Content-Type-Content-")
    answer = encoded.encode() if isinstance(encoded, str) else bytes(encoded)
    assert list(oracle.judge_answer(answer, ordinary=b"a-Content-Type-Content-b")) == []
    assert list(oracle.judge_answer(answer))
