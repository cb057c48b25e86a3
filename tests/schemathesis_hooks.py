"""Hooks for schemathesis, which filter out calls that the document allows and the gate always refuses (ADR 38)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

import schemathesis

from plugin_gateway.gate.alias import examine

if TYPE_CHECKING:
    from schemathesis import Case, HookContext


@schemathesis.hook
def filter_case(context: HookContext, case: Case) -> bool:  # schemathesis passes both by name
    values = [unquote(str(value)) for value in (case.path_parameters or {}).values()]
    names = case.body if case.media_type == "multipart/form-data" and isinstance(case.body, dict) else {}
    return all(map(is_unambiguous, values)) and all(map(is_part_name, names))


def is_unambiguous(value: str) -> bool:
    """Whether all servers read a path segment with this value in the same way."""
    return not value or examine(quote(value, safe="").encode(), is_last=False) is None


def is_part_name(name: str) -> bool:
    """Whether all servers read this name of a part in the same way."""
    return "\0" not in unquote(name) and "=?" not in name and "\\" not in name
