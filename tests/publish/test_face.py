"""A face: bytes with validators that tell representations apart."""

from __future__ import annotations

import gzip
import hashlib

from plugin_gateway.publish.face import build_face

LONG = b"plugin gateway " * 200


def test_the_same_bytes_give_the_same_face():
    assert build_face("application/json", LONG) == build_face("application/json", LONG)


def test_other_bytes_and_the_other_encoding_have_other_etags():
    face, other = build_face("application/json", LONG), build_face("application/json", LONG + b"!")
    assert len({face.etag, face.gzip_etag, other.etag, other.gzip_etag}) == 4
    assert all(etag.startswith('"') and etag.endswith('"') for etag in (face.etag, face.gzip_etag))


def test_gzip_is_the_same_body():
    face = build_face("application/json", LONG)
    assert face.gzip is not None
    assert gzip.decompress(face.gzip) == LONG
    assert face.gzip[4:8] == b"\0\0\0\0"


def test_what_compressing_does_not_make_smaller_is_left_alone():
    short = build_face("application/json", b"{}" * 100)
    dense = build_face("image/png", b"".join(hashlib.sha256(bytes([i])).digest() for i in range(64)))
    assert (short.gzip, short.gzip_etag) == (None, "")
    assert dense.gzip is None
