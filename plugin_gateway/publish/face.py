"""A face: one served representation as bytes, prepared once per revision."""

from __future__ import annotations

import hashlib
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

CARD_TYPE: Final = "application/mcp-server-card+json"
CATALOG_TYPE: Final = "application/ai-catalog+json"
_WORTH_COMPRESSING_BYTES = 1024  # a smaller body fits into one packet without compression


class Face:
    """Bytes to serve at one path, with their strong validator (RFC 9110, 8.8.3).

    `etag` and `gzip_etag` are quoted and differ, because the two encodings are two representations. Each attribute is computed
    on first access: `check` needs only one body, and compressing the others would take most of its time.

    Pickling computes all of them, and leaves out a body that is there compressed. A worker unpacks it for the first client that
    does not take gzip: ten documents of a large API took 45 MB in each worker, and 4 MB compressed.
    """

    def __init__(self, media_type: str, render: Callable[[], bytes]) -> None:
        """Take the media type and a function that makes the body. It must return the same bytes in every process."""
        self.media_type = media_type
        self._render = render

    @cached_property
    def body(self) -> bytes:
        return self._render()

    @cached_property
    def etag(self) -> str:
        return _etag(self.body)

    @cached_property
    def packed(self) -> bytes:
        """The body in gzip, even if compression is not worthwhile."""
        # Level 9, because it runs once per revision. Without a fixed time in the header, each build would be a new
        # representation.
        from gzip import compress  # noqa: PLC0415  # `check` compresses nothing and must not pay for it

        return compress(self.body, compresslevel=9, mtime=0)

    @cached_property
    def gzip(self) -> bytes | None:
        """The body in gzip, or None if compression is not worthwhile."""
        size = len(self.body)
        return self.packed if size >= _WORTH_COMPRESSING_BYTES and len(self.packed) <= 0.9 * size else None

    @cached_property
    def gzip_etag(self) -> str:
        # A hash of the gzip bytes, not derived from `etag`: a strong validator must change if another zlib version packs
        # differently.
        return "" if self.gzip is None else _etag(self.gzip)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Face):
            return NotImplemented
        return (self.media_type, self.body) == (other.media_type, other.body)

    def __hash__(self) -> int:
        return hash((self.media_type, self.body))

    def __repr__(self) -> str:
        return f"Face({self.media_type!r}, {self.etag})"

    def __getstate__(self) -> dict[str, Any]:
        state = {name: getattr(self, name) for name in ("media_type", "etag", "gzip", "gzip_etag")}
        return state | ({"body": self.body} if self.gzip is None else {"_render": partial(_unpacked, self.gzip)})


def build_face(media_type: str, body: bytes, packed: bytes | None = None) -> Face:
    """Build the face of `body`. Equal bytes give equal faces in every worker and on every replica.

    `packed` is the body in gzip, if that was made before.
    """
    face = Face(media_type, partial(bytes, body))
    if packed is not None:
        face.packed = packed
    return face


def _unpacked(packed: bytes) -> bytes:
    from gzip import decompress  # noqa: PLC0415  # most clients take gzip

    return decompress(packed)


def _etag(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'
