"""Access tokens for the upstream: got from an authorization server, kept while they are good, never shown."""
