"""Edits of gateway.yaml: text in, text out. An edit changes as few characters as it can, and proves what the result means."""
