"""Platforms: the rules of directories and clients, for `check --target`."""
