"""A face: one served representation, complete as bytes, built once per revision."""

from __future__ import annotations

from dataclasses import dataclass


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
