"""The bounds of published text: which names and texts every host of plugins takes.

What gateway.yaml says and what comes from the document are held against the same ones.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Final

MAX_LENGTHS: Final = MappingProxyType(
    {
        # The later, smaller ones of the limits that were published: every host takes these.
        "name_for_human": 20,
        "name_for_model": 50,
        "description_for_human": 100,
        "description_for_model": 8000,
    }
)
MODEL_NAME: Final = re.compile(r"[A-Za-z0-9_]+")
EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
MAX_OPERATION_ID: Final = 50
"""Models' hosts allow 64 for the name of a function, and clients put names of their own before it: FastMCP cuts at 56."""
OPERATION_ID: Final = re.compile(rf"[A-Za-z0-9_-]{{1,{MAX_OPERATION_ID}}}")
