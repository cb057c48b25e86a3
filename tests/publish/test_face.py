"""A face: bytes with validators that distinguish representations."""

from __future__ import annotations

import gzip
import hashlib
import pickle

from plugin_gateway.publish.face import Face, build_face

LONG = b"plugin gateway " * 200
SHORT = b"{}" * 100


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


def test_a_body_that_compression_does_not_shrink_stays_uncompressed() -> None:
    short = build_face("application/json", SHORT)
    dense = build_face("image/png", b"".join(hashlib.sha256(bytes([i])).digest() for i in range(64)))
    assert (short.gzip, short.gzip_etag) == (None, "")
    assert dense.gzip is None


def test_a_worker_gets_a_face_that_is_ready() -> None:
    made = []

    def make() -> bytes:
        made.append(1)
        return SHORT

    face = Face("application/json", make)
    assert made == []
    twin = pickle.loads(pickle.dumps(face))
    assert vars(twin) == {
        "media_type": "application/json",
        "body": SHORT,
        "etag": face.etag,
        "gzip": None,
        "gzip_etag": "",
    }
    assert made == [1]


def test_a_worker_gets_a_long_body_compressed_and_unpacks_it_once() -> None:
    face = build_face("application/json", LONG)
    twin = pickle.loads(pickle.dumps(face))
    assert (twin.etag, twin.gzip, twin.gzip_etag) == (face.etag, face.gzip, face.gzip_etag)
    assert LONG not in pickle.dumps(face)
    assert twin.body == LONG
    assert twin.body is twin.body
    assert twin == face


def test_a_worker_can_pass_on_a_face_that_it_got() -> None:
    once = pickle.loads(pickle.dumps(build_face("application/json", LONG)))
    assert pickle.loads(pickle.dumps(once)).body == LONG
