"""A charset: whether an answer in it may hold a secret in octets that the mask does not know.

The mask knows each secret as ASCII has it, and in UTF-16 and UTF-32. UTF-7 and EBCDIC write some characters in other octets.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_GIVEN: Final = re.compile(rb"(?i)\bcharset\s*=\s*[\"']?([^\s\"';,]*)")
_SEPARATORS: Final = re.compile(rb"[^0-9a-z]+")
# Registered names and aliases (IANA, "Character Sets"), without separators.
_HIDES: Final = re.compile(
    rb"(?:cs)?(?:unicode(?:11|20))?utf7|u7|hz(?:gb(?:2312)?)?|(?:shiftjis|sjis)(?:2004|x0213)|mac(?:arabic|farsi)|punycode"
    rb"|(?:cs)?(?:ebcdic.*|(?:x?cp|x?ibm|ccsid)?0*(?:3[789]|27[34578]|28[0145]|29[07]|42[034]|500|864|87[0158]|880|905|918"
    rb"|1026|1047|114[0-9]))"
)


@lru_cache(maxsize=256)
def hides_secrets(content_type: bytes) -> bool:
    """Whether a body with this Content-Type may hold a secret that the mask cannot find."""
    return any(_HIDES.fullmatch(_SEPARATORS.sub(b"", name.lower())) for name in _GIVEN.findall(content_type))
