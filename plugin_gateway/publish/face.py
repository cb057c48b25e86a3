"""A face: one served representation, complete as bytes, built once per revision."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass

_WORTH_COMPRESSING_BYTES = 1024  # below, it all fits into one packet anyway


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """Bytes to serve at one path, with their strong validator (RFC 9110, 8.8.3).

    `etag` and `gzip_etag` are quoted and differ, as the two encodings are two representations; `gzip` is None where
    compressing does not pay.
    """

    media_type: str
    body: bytes
    etag: str
    gzip: bytes | None = None
    gzip_etag: str = ""


def build_face(media_type: str, body: bytes) -> Face:
    """Build the face of `body`. The same bytes give the same face, in every worker and on every replica."""
    # Level 9: once per revision. No time in the header, or each build would be another representation.
    packed = gzip.compress(body, compresslevel=9, mtime=0) if len(body) >= _WORTH_COMPRESSING_BYTES else b""
    if not packed or len(packed) > 0.9 * len(body):
        return Face(media_type=media_type, body=body, etag=_etag(body))
    # Hashed itself and not derived: another zlib packs the same body into other bytes, and a strong validator says so.
    return Face(media_type=media_type, body=body, etag=_etag(body), gzip=packed, gzip_etag=_etag(packed))


def _etag(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'
