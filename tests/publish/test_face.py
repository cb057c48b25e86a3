"""A face: bytes with validators that tell representations apart."""

from __future__ import annotations

import gzip
import hashlib
import pickle

from plugin_gateway.publish.face import Face, build_face

LONG = b"plugin gateway " * 200


def test_the_same_bytes_give_the_same_face() -> None:
    assert build_face("application/json", LONG) == build_face("application/json", LONG)


def test_other_bytes_and_the_other_encoding_have_other_etags() -> None:
    face, other = build_face("application/json", LONG), build_face("application/json", LONG + b"!")
    assert len({face.etag, face.gzip_etag, other.etag, other.gzip_etag}) == 4
    assert all(etag.startswith('"') and etag.endswith('"') for etag in (face.etag, face.gzip_etag))


def test_gzip_is_the_same_body() -> None:
    face = build_face("application/json", LONG)
    assert face.gzip is not None
    assert gzip.decompress(face.gzip) == LONG
    assert face.gzip[4:8] == b"\0\0\0\0"


def test_what_compressing_does_not_make_smaller_is_left_alone() -> None:
    short = build_face("application/json", b"{}" * 100)
    dense = build_face("image/png", b"".join(hashlib.sha256(bytes([i])).digest() for i in range(64)))
    assert (short.gzip, short.gzip_etag) == (None, "")
    assert dense.gzip is None


def test_a_worker_gets_a_face_that_is_ready() -> None:
    made = []
    face = Face("application/json", lambda: made.append(1) or LONG)
    assert made == []
    twin = pickle.loads(pickle.dumps(face))
    assert (twin, twin.etag, twin.gzip, twin.gzip_etag) == (face, face.etag, face.gzip, face.gzip_etag)
    assert vars(twin).keys() == {"media_type", "body", "etag", "gzip", "gzip_etag"}
    assert made == [1]
