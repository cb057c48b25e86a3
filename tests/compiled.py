"""A compiled config, for tests of what the supervisor does with one."""

from typing import Any

from plugin_gateway.reload.outcome import Compiled
from plugin_gateway.revision import LogSettings


def compiled(**members: Any) -> Compiled:
    """Return the first revision of a gateway with 8 of 47 operations. `members` replace those of its config."""
    default: dict[str, Any] = {
        "revision": b"",
        "number": 1,
        "digest": "d",
        "public_url": "https://plugin.example.com",
        "faces": (),
        "operations": 8,
        "operations_total": 47,
        "listen": "",
        "admin": "",
        "log": LogSettings(),
        "watched": {},
        "warnings": (),
    }
    return Compiled(**(default | members))
