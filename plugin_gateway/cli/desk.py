"""The desk, as a command asks it: over the admin listener of a running gateway."""

from __future__ import annotations

import json
import os
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from plugin_gateway.cli.health import ask, configured, read_config
from plugin_gateway.cli.options import checked_address, config_option
from plugin_gateway.config.address import parse_address
from plugin_gateway.errors import UsageError
from plugin_gateway.text.readable import readable

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from plugin_gateway.config.address import Address

    Decorated = TypeVar("Decorated", bound=Callable[..., object])

KEY_VARIABLE: Final = "PLUGIN_GATEWAY_APPROVAL_KEY"
_TIMEOUT_S: Final = 5.0


def desk_options(function: Decorated) -> Decorated:
    """Add `--config` and `--admin`."""
    admin = click.option(
        "--admin",
        callback=checked_address,
        envvar="PLUGIN_GATEWAY__ADMIN",
        default="",
        metavar="HOST:PORT",
        help="The admin listener of the gateway.  [default: `admin` of the config]",
    )
    return config_option(admin(function))


def ask_desk(config: Path | None, admin: str, path: str, members: dict[str, str] | None = None) -> tuple[int, Any]:
    """Send a GET, or a POST with a JSON object; return the status and the JSON of the answer.

    Raises:
        UsageError: no server answers, or its answer is not JSON.
    """
    return ask_gateway(parse_address(admin) if admin else configured(config), path, _key(config), members)


def ask_gateway(address: Address, path: str, key: str, members: dict[str, str] | None = None) -> tuple[int, Any]:
    """Send a GET, or a POST with a JSON object, to an admin listener; return the status and the JSON of the answer.

    Raises:
        UsageError: no server answers, or its answer is not JSON.
    """
    # The listener accepts few host names, to protect browsers from DNS rebinding. A command may send one of them.
    headers = {"Host": "localhost", "Accept": "application/json"}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    body = None
    if members is not None:
        headers["Content-Type"] = "application/json"
        body = json.dumps(members)
    method = "GET" if members is None else "POST"
    try:
        status, text = ask(address, path, _TIMEOUT_S, method=method, body=body, headers=headers)
        return status, json.loads(text)
    except (OSError, HTTPException) as error:
        from plugin_gateway.telemetry.cause import cause_of

        raise UsageError(f"{address} does not answer ({cause_of(error)}); is the gateway running?") from error
    except ValueError as error:
        raise UsageError(
            f"{address} is not the admin listener of a gateway; name another address with --admin"
        ) from error


def said_by(answer: Any) -> str:
    """Return what a refusal of the desk says."""
    # The gateway escapes its texts, but another server may answer.
    members = answer if isinstance(answer, dict) else {}
    parts = members.get("detail", "the gateway refused"), members.get("hint", "")
    return readable(" ".join(str(part) for part in parts if part))


def _key(config: Path | None) -> str:
    """Return the key of an approver, from the variable or from where the config says; empty if there is none."""
    if key := os.environ.get(KEY_VARIABLE, ""):
        return key
    path, written = read_config(config)
    approvals = written.get("approvals")
    source = approvals.get("key") if isinstance(approvals, dict) else None
    if not isinstance(source, dict):
        return ""
    if "env" in source:
        return os.environ.get(str(source["env"]), "")
    if "file" in source:
        file = (path.parent if path is not None else Path()) / str(source["file"])
        try:
            return file.read_text().strip()
        except OSError as error:
            raise UsageError(f"{file}: {error.strerror}; or set {KEY_VARIABLE}") from error
    return str(source.get("value", ""))
