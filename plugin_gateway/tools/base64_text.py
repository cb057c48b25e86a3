"""Base64 text: the octets of a file, as an argument carries them."""

from __future__ import annotations

import binascii
import re
from typing import Final

from plugin_gateway.shape.values.scalar import UnwritableError

_DATA_URL: Final = re.compile(r"data:[^,]*;base64,", re.IGNORECASE)
_BLANKS: Final = re.compile(r"[ \t\r\n]+")


def base64_octets(value: object) -> bytes:
    """Decode base64 text. It may be a `data:` URL, have line ends, lack its padding, or use `-` and `_` (RFC 4648, 5).

    Raises:
        UnwritableError: the value is not base64 text.
    """
    if not isinstance(value, str):
        raise UnwritableError("must be base64 text")
    start = _DATA_URL.match(value)
    text = _BLANKS.sub("", value[start.end() :] if start else value).rstrip("=")
    text = text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4)
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        raise UnwritableError("must be base64 text") from None
