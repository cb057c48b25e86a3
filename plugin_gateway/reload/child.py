"""`python -m plugin_gateway.reload.child` compiles once: a request on standard input, the outcome on standard output."""

from __future__ import annotations

import gc
import json
import os
import pickle
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from plugin_gateway.diagnostics import render_text
from plugin_gateway.errors import FindingsError
from plugin_gateway.reload.outcome import Compiled, Refused
from plugin_gateway.reload.watch import fingerprints
from plugin_gateway.revision.build import build, load_config

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plugin_gateway.reload.outcome import Outcome

MAX_NICENESS = 10


def main() -> None:
    """Answer one request."""
    # This process ends before the memory matters, and looking for cycles in a large document takes half the time.
    gc.disable()
    if "gently" in sys.argv[1:]:
        os.nice(MAX_NICENESS)
    request = json.load(sys.stdin)
    config = Path(request["config"]) if request["config"] else None
    outcome = compiled_or_refused(config, request["overrides"], request["number"])
    sys.stdout.buffer.write(pickle.dumps(outcome, protocol=pickle.HIGHEST_PROTOCOL))
    sys.stdout.flush()
    # Taking a large document apart, object by object, takes longer than writing the answer did.
    os._exit(0)


def compiled_or_refused(config: Path | None, overrides: Mapping[str, str], number: int) -> Outcome:
    """Compile; whatever the operator's files lack is an answer, and only our own mistakes are exceptions."""
    try:
        loaded = load_config(config, environ=os.environ, overrides=overrides)
        # Before they are read: what changes while we read is seen as a change afterwards.
        watched = fingerprints(loaded.watched_files)
        revision = build(loaded, number=number).revision
    except FindingsError as error:
        return Refused(findings=error.findings, report=render_text(error.findings))
    return Compiled(
        revision=pickle.dumps(revision, protocol=pickle.HIGHEST_PROTOCOL),
        number=revision.number,
        digest=revision.digest,
        public_url=revision.public_url,
        faces=tuple(revision.faces),
        operations=len(revision.rules),
        operations_total=revision.operations_total,
        listen=str(loaded.config.listen),
        admin=str(loaded.config.admin or ""),
        log=revision.log,
        watched=watched,
        warnings=revision.warnings,
    )


if __name__ == "__main__":
    main()
