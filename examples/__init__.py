"""Things to try plugin-gateway with."""
