"""The command line. Nothing imports it; each command imports what it needs when it is called."""

from plugin_gateway.cli.entry import main

__all__ = ["main"]
