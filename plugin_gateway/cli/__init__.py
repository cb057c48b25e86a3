"""The command line. No other package imports it; each command imports its dependencies when it is called."""

from plugin_gateway.cli.entry import main

__all__ = ["main"]
