from __future__ import annotations

import gzip
import zlib

import pytest

from plugin_gateway.errors import UpstreamError
from plugin_gateway.proxy import encoded
from plugin_gateway.proxy.encoded import EncodedBody
from plugin_gateway.proxy.masking import Mask

MASK = Mask((b"s3cret-key",))
TEXT = b"a" * 1000 + b"key=s3cret-key" + b"b" * 1000


@pytest.mark.parametrize(
    "compress",
    [gzip.compress, zlib.compress, lambda data: gzip.compress(b"x") + gzip.compress(data)],
    ids=["gzip", "zlib", "members"],
)
@pytest.mark.parametrize("step", [1, 7, 100_000])
def test_a_secret_is_found_however_the_body_is_cut(compress, step):
    data, body = compress(TEXT), EncodedBody(MASK)
    with pytest.raises(UpstreamError) as caught:
        b"".join(body.feed(data[at : at + step]) for at in range(0, len(data), step))
    assert "s3cret" not in str(caught.value)


def test_a_secret_at_the_very_end_of_much_content_is_found():
    with pytest.raises(UpstreamError):
        EncodedBody(MASK).feed(gzip.compress(b"a" * (encoded._STEP_BYTES * 3 + 5) + b"s3cret-key"))


def test_a_body_without_a_secret_passes_byte_for_byte():
    data, body = gzip.compress(TEXT.replace(b"s3cret", b"public")), EncodedBody(MASK)
    assert b"".join(body.feed(data[at : at + 9]) for at in range(0, len(data), 9)) + body.flush() == data


@pytest.mark.parametrize("data", [b"not compressed s3cret-ke", gzip.compress(TEXT)[40:], b""])
def test_what_cannot_be_read_passes(data):
    assert EncodedBody(MASK).feed(data) == data


def test_a_bomb_costs_no_more_than_the_bound(monkeypatch):
    seen = []
    monkeypatch.setattr(
        EncodedBody,
        "_look",
        lambda self, content: (seen.append(len(content)), setattr(self, "_left", self._left - len(content))),
    )
    data = gzip.compress(b"\0" * (32 << 20), 1)
    assert EncodedBody(MASK).feed(data) == data
    assert max(seen) <= encoded._STEP_BYTES
    assert sum(seen) <= encoded._MOST_BYTES + encoded._STEP_BYTES
