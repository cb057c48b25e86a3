"""The bounds of published text: the names and texts that every host of plugins accepts.

The same bounds apply to texts from gateway.yaml and from the document.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Final

MAX_LENGTHS: Final = MappingProxyType(
    {
        # The later and smaller of the published limits: every host accepts these.
        "name_for_human": 20,
        "name_for_model": 50,
        "description_for_human": 100,
        "description_for_model": 8000,
    }
)
MODEL_NAME: Final = re.compile(r"[A-Za-z0-9_]+")
EMAIL: Final = re.compile(r"[^@\s:<>]+@[^@\s:<>]+\.[^@\s:<>]+")
MAX_TOOL_TITLE: Final = 64
"""Directories show the title of a tool on one line."""
MAX_OPERATION_ID: Final = 50
"""Model hosts allow 64 characters for the name of a function, and clients put a prefix before it: FastMCP cuts at 56."""
OPERATION_ID: Final = re.compile(rf"[A-Za-z0-9_-]{{1,{MAX_OPERATION_ID}}}")
