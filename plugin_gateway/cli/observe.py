"""`observe`: forwards all calls to an API, and writes down which operations, parameters and fields they use."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO

import click

from plugin_gateway.cli.options import SEEN, checked_address, config_option
from plugin_gateway.errors import UsageError
from plugin_gateway.text.system_reason import reason_of

if TYPE_CHECKING:
    from plugin_gateway.config.address import Address
    from plugin_gateway.config.load import LoadedConfig
    from plugin_gateway.observation.sighting import Sighting

_MOST_LINES: Final = 100_000
_LONG: Final = "10m"


@click.command()
@config_option
@click.argument("spec", required=False)
@click.option("--upstream", metavar="URL", help="The API. It replaces `upstream.url` of the config.")
@click.option(
    "--listen", callback=checked_address, default="127.0.0.1:9000", show_default=True, metavar="HOST:PORT",
    help="Where the callers connect.",
)  # fmt: skip
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), default=Path(SEEN), show_default=True, metavar="FILE",
    help="Append a line to this file for each new way of calling an operation; `-` is standard output.",
)  # fmt: skip
def command(config: Path | None, spec: str | None, upstream: str | None, listen: str, output: Path) -> int:
    """Forward every call to the API, and record which operations, parameters and fields are used, until you stop the command.

    SPEC is the API's document (a file or URL). Point a program that uses the API at this listener instead; then `suggest`
    writes the smallest gateway.yaml that permits its calls. Without SPEC, the config names the document, the API and the
    credential to add. The command forwards callers' own credentials only with SPEC.

    The output file has methods, path templates, names of parameters, and JSON pointers and types of fields, but no values. The
    command refuses no call of an operation, so keep the listener on loopback. Calls that match no operation of the document get
    404.
    """
    from plugin_gateway.cli.reading import reading
    from plugin_gateway.config.address import is_this_machine, parse_address
    from plugin_gateway.observation.finder import Finder
    from plugin_gateway.observation.records import OBSERVE
    from plugin_gateway.revision.build import build
    from plugin_gateway.revision.stages import load_document
    from plugin_gateway.server.observer import observe

    if spec and config:
        raise UsageError("name either SPEC or a config with -c/--config")
    if spec and not upstream:
        raise UsageError("name the API with --upstream URL")
    with reading(spec or "the config and the document"):
        loaded = load_for(spec, upstream, config, listen)
        revision = build(loaded).revision
        document = load_document(loaded)
    address = parse_address(listen)
    url = str(loaded.config.upstream.url)
    source = spec or loaded.config.openapi.source
    notebook = Notebook(output, {"event": OBSERVE, "openapi": source, "upstream": url})

    warning = click.style("warning", fg="yellow", bold=True)
    has_credential = spec is None and bool(
        loaded.config.upstream.credential or loaded.config.upstream.write_credentials
    )

    def started(actual: Address) -> None:
        click.echo(
            f"observing: {actual} forwards every call to {url}, and records what the calls use in {output}", err=True
        )
        if has_credential:
            click.echo(
                f"{warning}: every program on this machine can call the API with the credential of the config", err=True
            )
        if not actual.socket and not is_this_machine(actual.host):
            click.echo(f"{warning}: every client that reaches {actual} can call every operation of the API", err=True)

    try:
        observe(revision, Finder(document), address, notebook.take, started)
    except KeyboardInterrupt:
        pass
    finally:
        notebook.close()
    if str(output) != "-":
        click.echo(f"next: plugin-gateway suggest {output}", err=True)
    return 0


def load_for(spec: str | None, upstream: str | None, config: Path | None, listen: str) -> LoadedConfig:
    """Load a config without an allow-list and without callers, for the API to observe."""
    from plugin_gateway.config.load import load_text
    from plugin_gateway.revision.build import load_config

    overrides: dict[str, Any] = {
        "allow": [],
        "deny": [],
        "auth": {"type": "none"},
        "consumers": [],
        "public": {},
        "mcp": False,
        "listen": listen,
        # Neither opens here, so `listen` may have the same port.
        "admin": None,
        "metrics": None,
    }
    if spec is None:
        if upstream:
            overrides["upstream.url"] = upstream
        return load_config(config, environ=os.environ, overrides=overrides)
    overrides |= {
        "openapi": spec,
        "upstream.url": upstream,
        "upstream.credential": {"passthrough": True},
        "upstream.headers": {"pass_set_cookie": True},
        "upstream.timeout": {"read": _LONG, "total": _LONG},
        "limits.request_body": "1GB",
    }
    return load_text("", path=None, environ={}, overrides=overrides)


class Notebook:
    """The file of sightings. Each line is written once, so the file grows with new ways to call, not with calls."""

    def __init__(self, path: Path, about: dict[str, str]) -> None:
        """Open the file to add to it.

        Raises:
            UsageError: it cannot be written.
        """
        self._lines: set[str] = set()
        if str(path) == "-":
            self._file: TextIO = sys.stdout
        else:
            try:
                self._file = path.open("a+", encoding="utf-8", buffering=1)
            except OSError as error:
                raise UsageError(f"cannot write {path}: {reason_of(error)}") from error
            self._file.seek(0)
            self._lines |= {line.rstrip("\n") for line in self._file}
        self._operations: set[str] = set()
        self._write(json.dumps(about, ensure_ascii=False))

    def take(self, sighting: Sighting) -> None:
        """Write a sighting, and tell each operation once."""
        name = f"{sighting.method} {sighting.path}"
        if name not in self._operations and len(self._operations) < _MOST_LINES:
            self._operations.add(name)
            shown = f" ({sighting.operation_id})" if sighting.operation_id not in ("", name) else ""
            click.echo(f"{name}{shown}" if sighting.in_document else f"{name} is not in the document: 404", err=True)
        self._write(sighting.as_line())

    def close(self) -> None:
        if self._file is not sys.stdout:
            self._file.close()

    def _write(self, line: str) -> None:
        if line not in self._lines and len(self._lines) < _MOST_LINES:
            self._lines.add(line)
            self._file.write(f"{line}\n")
            self._file.flush()
