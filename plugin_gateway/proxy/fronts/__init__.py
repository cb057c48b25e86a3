"""The fronts: one under an ASGI server, one directly on a connection."""
