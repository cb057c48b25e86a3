"""Apps: small APIs that report the route that a request reached. Each reads paths in another way."""
