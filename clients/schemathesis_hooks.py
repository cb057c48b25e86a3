"""The hooks of schemathesis, which reads them from the module that SCHEMATHESIS_HOOKS names. Only that process may import this one.

At its end it writes how many cases were left out, by reason, into the file that LEFT_OUT names.
"""

from __future__ import annotations

import atexit
import json
import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import schemathesis

from clients.generated_case import why_left_out, without_positions

if TYPE_CHECKING:
    from schemathesis import HookContext

    from clients.generated_case import AnyCase

left_out: Counter[str] = Counter()


# schemathesis passes the arguments by name.
@schemathesis.hook
def before_load_schema(context: HookContext, raw_schema: dict[str, Any]) -> None:  # noqa: ARG001
    without_positions(raw_schema)


@schemathesis.hook
def filter_case(context: HookContext, case: AnyCase) -> bool:  # noqa: ARG001
    why = why_left_out(case)
    left_out.update([why] if why else [])
    return not why


@atexit.register
def write_counts() -> None:
    if "LEFT_OUT" in os.environ:
        Path(os.environ["LEFT_OUT"]).write_text(json.dumps(left_out))
