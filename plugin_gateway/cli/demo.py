"""`demo`: serves the example API through the gateway, without any of the user's files."""

from __future__ import annotations

import importlib.util
import os
import socket
import sys
import threading
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click

from plugin_gateway.cli.options import checked_address
from plugin_gateway.errors import UsageError

if TYPE_CHECKING:
    from types import ModuleType

    from plugin_gateway.server.start import Started
    from plugin_gateway.telemetry import Log

PACKAGE_NAME = "plugin_gateway_demo_api"
KEY_VARIABLE = "LEGACY_API_KEY"
DEMO_KEY = "legacy-demo-key"


@click.command()
@click.option(
    "--listen",
    callback=checked_address,
    default="127.0.0.1:8080",
    show_default=True,
    metavar="HOST:PORT",
    help="Public listener.",
)
@click.option(
    "--admin",
    callback=checked_address,
    default="127.0.0.1:8081",
    show_default=True,
    metavar="HOST:PORT",
    help="Listener for health and metrics.",
)
def command(listen: str, admin: str) -> None:
    """Serve an embedded example API through the gateway. It does not read or write any of your files.

    The API belongs to an order desk. It has 47 operations; nine of them are allowed.
    """
    from plugin_gateway.server.start import ServeOptions
    from plugin_gateway.server.startup import run

    folder = example_folder()
    key = os.environ.setdefault(KEY_VARIABLE, DEMO_KEY)
    port = serve_example(folder, key)
    # The demo uses the published example config and overrides only locations.
    os.environ["PLUGIN_GATEWAY__OPENAPI"] = str(folder / "legacy_api" / "openapi.yaml")
    os.environ["PLUGIN_GATEWAY__UPSTREAM__URL"] = f"http://127.0.0.1:{port}/api/v2"
    os.environ["PLUGIN_GATEWAY__CONSOLE__WRITE"] = "false"  # the config belongs to the package
    run(ServeOptions(config=config_file(folder), listen=listen, admin=admin), announce_demo)


def example_folder() -> Path:
    """Return the folder of the example: inside the installed package, or beside it in a source tree."""
    package = Path(__file__).parent.parent
    for folder in (package / "demo", package.parent / "examples"):
        if (folder / "legacy_api").is_dir():
            return folder
    raise UsageError("this installation has no example API; install the wheel from PyPI, or run from a clone")


def config_file(folder: Path) -> Path:
    installed = folder / "gateway.yaml"
    return installed if installed.is_file() else folder.parent / "gateway.yaml"


def serve_example(folder: Path, key: str) -> int:
    """Serve the example API on loopback in a thread; return its port."""
    import uvicorn

    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    # Listen before the thread starts: an early call waits instead of failing.
    listener.listen()

    def serve() -> None:
        app = load_example(folder, "app").create_app(key)
        config = uvicorn.Config(app, lifespan="off", log_level="warning", access_log=False)
        uvicorn.Server(config).run(sockets=[listener])

    threading.Thread(target=serve, name="example API", daemon=True).start()
    port: int = listener.getsockname()[1]
    return port


def load_example(folder: Path, module: str) -> ModuleType:
    """Import a module of the example from its folder, under a unique package name."""
    if PACKAGE_NAME not in sys.modules:
        home = folder / "legacy_api"
        spec = importlib.util.spec_from_file_location(
            PACKAGE_NAME, home / "__init__.py", submodule_search_locations=[str(home)]
        )
        if spec is None or spec.loader is None:
            raise UsageError(f"the example API in {home} cannot be imported")
        package = importlib.util.module_from_spec(spec)
        sys.modules[PACKAGE_NAME] = package
        spec.loader.exec_module(package)
    return import_module(f"{PACKAGE_NAME}.{module}")


def announce_demo(started: Started, log: Log) -> None:
    from plugin_gateway.cli.banner import announce, tell

    announce(started, log)
    url = started.compiled.public_url
    tell(
        f"""
Try, from another terminal:

  curl '{url}/orders?status=open'             # allowed: the gateway adds the API key
  curl '{url}/admin/users'                    # denied: 404, as for an unknown path
  curl '{url}/.well-known/ai-plugin.json'     # the manifest

Ctrl-C stops both.
"""
    )
