"""The two ways in: one under an ASGI server, one directly on a connection."""
