"""The compiling child: a process that reads a request and writes the outcome.

The request is one line on standard input; the outcome goes to standard output. Standard input then stays open until the
supervisor ends.
"""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import sys
import threading
from base64 import b64decode
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from plugin_gateway.config.remains import RefusedConfigError
from plugin_gateway.errors import DocumentAwaitedError, FindingsError
from plugin_gateway.openapi.document import STALE
from plugin_gateway.reload.fingerprint import fingerprint
from plugin_gateway.reload.outcome import Awaited, Compiled, Refused
from plugin_gateway.reload.turnover import called_by_id, served_by
from plugin_gateway.rendering import render_text
from plugin_gateway.revision import LogSettings
from plugin_gateway.revision.from_file import compile_file, load_revision_file
from plugin_gateway.revision.pinned import NOTHING_PINNED, Pinned
from plugin_gateway.telemetry import Log, telling

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plugin_gateway.config.load import LoadedConfig
    from plugin_gateway.config.model import Config
    from plugin_gateway.reload.outcome import Fingerprint, Outcome

MAX_NICENESS = 10
_TINY_DOCUMENT = (
    '{"openapi": "3.1.0", "info": {"title": "Tiny", "version": "1"},'
    ' "paths": {"/tiny": {"get": {"operationId": "tiny", "responses": {"200": {"description": "ok"}}}}}}'
)


def main(how: str) -> None:
    """Answer one request.

    A child that is `ready` has all modules imported before; `gently` lowers its priority below the workers'.
    """
    if how == "gently":
        # A sandbox may forbid it; then the compile competes with calls for the processor.
        with contextlib.suppress(OSError):
            os.nice(MAX_NICENESS)
    with telling(Log()):
        if how == "ready":
            warm_up()
        answer()
    # Skip Python's shutdown: freeing a large document object by object takes longer than writing the answer.
    os._exit(0)


def warm_up() -> None:
    """Compile a tiny document, and drop the outcome."""
    import tempfile  # noqa: PLC0415  # most children do not need it

    with contextlib.suppress(OSError), tempfile.TemporaryDirectory() as folder:
        document = Path(folder, "openapi.json")
        document.write_text(_TINY_DOCUMENT)
        text = json.dumps({"openapi": str(document), "upstream": {"url": "http://127.0.0.1"}, "allow": ["tiny"]})
        compiled_or_refused(None, {}, 0, text=text)


def answer() -> None:
    """Read the request, compile, and write the outcome."""
    line = sys.stdin.buffer.readline()
    if not line:
        return  # the supervisor ended without a request
    request = json.loads(line)
    pinned = pickle.loads(b64decode(request["pinned"])) if request.get("pinned") else NOTHING_PINNED  # noqa: S301  # our own
    threading.Thread(target=end_with_supervisor, name="lifeline", daemon=True).start()
    config = Path(request["config"]) if request["config"] else None
    file = Path(request["revision_file"]) if request.get("revision_file") else None
    outcome = compiled_or_refused(config, request["overrides"], request["number"], pinned, request.get("text"), file)
    sys.stdout.buffer.write(pickle.dumps(outcome, protocol=pickle.HIGHEST_PROTOCOL))
    sys.stdout.flush()


def end_with_supervisor() -> None:
    """End this process when standard input closes, because a killed supervisor cannot send a message."""
    while os.read(0, 1):
        pass
    os._exit(1)


def compiled_or_refused(
    config: Path | None,
    overrides: Mapping[str, str],
    number: int,
    pinned: Pinned = NOTHING_PINNED,
    text: str | None = None,
    revision_file: Path | None = None,
) -> Outcome:
    """Compile and return the outcome. A mistake in the operator's files is an outcome; only a bug raises."""
    watched: dict[Path, Fingerprint] = {}

    def on_file(path: Path) -> None:
        # Take the fingerprint before the file is read, so that a change during the read is noticed.
        if (absolute := path.absolute()) not in watched:
            watched[absolute] = fingerprint(absolute)

    loaded: LoadedConfig | None = None
    try:
        if revision_file is not None:
            unpacked = load_revision_file(revision_file, environ=os.environ, overrides=overrides, on_file=on_file)
            loaded = unpacked.loaded
            revision = compile_file(unpacked, number=number, pinned=pinned)
        else:
            from plugin_gateway.revision.build import build, load_config  # noqa: PLC0415  # a revision file needs no build
            from plugin_gateway.revision.cache_folder import cache_folder  # noqa: PLC0415  # a revision file needs no build

            loaded = load_config(
                config, environ=os.environ, overrides=overrides, on_file=on_file, text=text, in_one_report=True
            )
            folder = cache_folder(loaded.config.openapi, os.environ)
            revision = build(loaded, number=number, on_file=on_file, pinned=pinned, keep_in=folder).revision
    except FindingsError as error:
        report = render_text(error.findings)
        rest = loaded or (error.remains if isinstance(error, RefusedConfigError) else None)
        log = _log_settings(rest.config) if rest else None
        awaited = awaited_by(loaded) if loaded is not None and isinstance(error, DocumentAwaitedError) else None
        return Refused(findings=error.findings, report=report, watched=watched, log=log, awaited=awaited)
    digest = revision.digest
    if revision.audit is not None:
        revision = replace(revision, audit=replace(revision.audit, digest=digest))
    return Compiled(
        # Workers need no pins, and a large document has many.
        revision=pickle.dumps(replace(revision, pinned=NOTHING_PINNED), protocol=pickle.HIGHEST_PROTOCOL),
        number=revision.number,
        digest=digest,
        public_url=revision.public_url,
        faces=tuple(revision.faces),
        operations=len(revision.rules),
        operations_total=revision.operations_total,
        listen=str(loaded.config.listen),
        admin=str(loaded.config.admin or ""),
        metrics=str(loaded.config.metrics or ""),
        console=loaded.config.console_mode,
        limits=loaded.config.limits.shown,
        log=revision.log,
        approvals=revision.approvals,
        watched=watched,
        warnings=revision.warnings,
        pinned=pickle.dumps(revision.pinned, protocol=pickle.HIGHEST_PROTOCOL),
        served=served_by(revision),
        called_by_id=called_by_id(revision),
        held=revision.held,
        drifted=revision.drifted,
        refresh_s=loaded.config.openapi.refresh or 0.0,
        stale=next((str(one) for one in revision.warnings if one.rule == STALE), ""),
    )


def awaited_by(loaded: LoadedConfig) -> Awaited:
    """Return the part of a config that the supervisor needs while it waits for the document."""
    config = loaded.config
    return Awaited(
        listen=str(config.listen),
        admin=str(config.admin or ""),
        metrics=str(config.metrics or ""),
        log=_log_settings(config),
    )


def _log_settings(config: Config) -> LogSettings:
    return LogSettings(format=config.log.format, level=config.log.level)
