"""The callers: turns the credential that a client shows into an identity or a refusal."""
