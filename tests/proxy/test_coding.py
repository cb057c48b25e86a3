"""Compressed bodies: decoded if they match their coding, refused if they do not, and bounded."""

from __future__ import annotations

import gzip
import itertools
import zlib
from typing import TYPE_CHECKING, Any

import brotli
import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.errors import UpstreamError
from plugin_gateway.proxy.coding import ContentDecoder, are_readable, codings_of

if TYPE_CHECKING:
    from collections.abc import Callable


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


PACKERS = {
    b"gzip": gzip.compress,
    b"x-gzip": gzip.compress,
    b"deflate": zlib.compress,
    b"br": brotli.compress,
    b"zstd": zstd.compress,
}
TEXT = b'{"key":"value"}' * 20_000


def decoded(codings: tuple[bytes, ...], pieces: list[bytes]) -> bytes:
    decoder = ContentDecoder(codings)
    return b"".join(decoder.feed(piece) for piece in pieces) + decoder.finish()


@given(
    st.sampled_from(sorted(PACKERS)),
    st.binary(max_size=300).filter(lambda text: not text.startswith((b"\x1f\x8b", b"\x28\xb5"))),
    st.lists(st.integers(0, 300), max_size=6),
)
def test_a_compressed_body_is_decoded_however_it_is_cut(coding: bytes, text: bytes, cuts: list[int]) -> None:
    packed = PACKERS[coding](text)
    bounds = sorted({0, len(packed), *(cut % (len(packed) + 1) for cut in cuts)})
    pieces = [packed[start:end] for start, end in itertools.pairwise(bounds)]
    assert decoded((coding,), pieces) == text


@pytest.mark.parametrize("coding", sorted(PACKERS))
def test_a_body_much_larger_than_a_step_comes_out_whole(coding: bytes) -> None:
    assert decoded((coding,), [PACKERS[coding](TEXT)]) == TEXT


def test_deflate_without_its_header_is_read_as_well() -> None:
    assert decoded((b"deflate",), [raw_deflate(TEXT)]) == TEXT


def test_codings_are_undone_in_reverse_order() -> None:
    assert decoded((b"gzip", b"br"), [brotli.compress(gzip.compress(TEXT))]) == TEXT


@pytest.mark.parametrize(
    "tail", [gzip.compress(b"more"), b"\0\0\0" + gzip.compress(b"more")], ids=["at once", "after zeros"]
)
def test_members_of_gzip_follow_one_another(tail: bytes) -> None:
    assert decoded((b"gzip",), [gzip.compress(b"one "), tail]) == b"one more"


def test_zeros_may_pad_the_end_of_gzip() -> None:
    assert decoded((b"gzip",), [gzip.compress(b"one") + b"\0\0", b"\0"]) == b"one"


def test_frames_of_zstd_follow_one_another() -> None:
    assert decoded((b"zstd",), [zstd.compress(b"one ") + zstd.compress(b"two")]) == b"one two"


@pytest.mark.parametrize("coding", sorted(PACKERS))
@pytest.mark.parametrize(
    "spoil",
    [
        lambda packed: b"plain text, whatever it says" + packed[:0],
        lambda packed: packed + b"key=s3cret",
        lambda packed: packed[: len(packed) // 2],
    ],
    ids=["plain", "followed", "cut"],
)
def test_a_body_that_does_not_match_its_coding_is_an_error(coding: bytes, spoil: Callable[..., Any]) -> None:
    with pytest.raises(UpstreamError) as caught:
        decoded((coding,), [spoil(PACKERS[coding](TEXT[:3000]))])
    assert (caught.value.status, caught.value.code) == (502, "unreadable-answer")


def test_a_body_with_more_codings_than_its_head_names_is_an_error() -> None:
    with pytest.raises(UpstreamError, match="more often"):
        decoded((b"gzip",), [gzip.compress(gzip.compress(TEXT))])


@pytest.mark.parametrize("coding", sorted(PACKERS))
def test_a_bomb_ends_in_an_error_before_it_fills_memory(coding: bytes) -> None:
    bomb = PACKERS[coding](b"\0" * 64 * 1024 * 1024)
    with pytest.raises(UpstreamError, match="expands"):
        decoded((coding,), [bomb])


@pytest.mark.parametrize(
    "packed",
    [
        ((b"gzip", b"gzip"), gzip.compress(gzip.compress(b"") * 100_000)),
        ((b"zstd", b"br"), brotli.compress(zstd.compress(b"") * 100_000)),
        ((b"zstd", b"br"), brotli.compress(b"\x50\x2a\x4d\x18\0\0\0\0" * 100_000)),
    ],
    ids=["members", "frames", "skippable frames"],
)
def test_a_body_of_many_empty_members_is_an_error_before_it_takes_seconds(
    packed: tuple[tuple[bytes, bytes], bytes],
) -> None:
    # A few octets of it kept a worker busy for more than ten seconds.
    codings, body = packed
    with pytest.raises(UpstreamError, match="expands"):
        decoded(codings, [body])


def test_many_small_members_are_read() -> None:
    assert decoded((b"gzip",), [gzip.compress(b"line\n") * 20_000]) == b"line\n" * 20_000


def test_zstd_with_a_larger_window_than_http_allows_is_an_error() -> None:
    # RFC 9659; each frame would take up to two gigabytes.
    options: dict[int, int] = {zstd.CompressionParameter.window_log: 24, zstd.CompressionParameter.content_size_flag: 0}
    packer = zstd.ZstdCompressor(options=options)
    with pytest.raises(UpstreamError, match="does not match its Content-Encoding"):
        decoded((b"zstd",), [packer.compress(TEXT) + packer.flush()])


def test_flushed_pieces_come_out_when_they_come_in() -> None:
    packer = zlib.compressobj(wbits=31)
    decoder = ContentDecoder((b"gzip",))
    for event in (b"data: 1\n\n", b"data: 2\n\n"):
        assert decoder.feed(packer.compress(event) + packer.flush(zlib.Z_SYNC_FLUSH)) == event


def test_an_empty_body_may_have_any_coding() -> None:
    assert decoded((b"gzip",), []) == b""


@pytest.mark.parametrize(
    ("values", "codings", "is_readable"),
    [
        ([], (), True),
        ([b"identity"], (), True),
        ([b"identity, Identity"], (), True),
        ([b"GZIP"], (b"gzip",), True),
        ([b"gzip", b"br"], (b"gzip", b"br"), True),
        ([b"gzip,gzip,gzip,gzip"], (b"gzip",) * 4, False),
        ([b"none"], (b"none",), False),
        ([b"utf-8"], (b"utf-8",), False),
        ([b"aws-chunked"], (b"aws-chunked",), False),
        ([b"gzip;q=1"], (b"gzip;q=1",), False),
        ([b"compress"], (b"compress",), False),
    ],
)
def test_only_known_codings_are_readable(values: list[bytes], codings: tuple[bytes, ...], is_readable: bool) -> None:
    assert codings_of(values) == codings
    assert are_readable(codings) is is_readable
