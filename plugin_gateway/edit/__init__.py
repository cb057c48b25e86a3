"""Edits of gateway.yaml: text in, text out. An edit changes the characters that it must, and proves what the result means."""
