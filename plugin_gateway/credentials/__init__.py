"""The upstream credentials: keys from gateway.yaml, ready to be set on calls, and access tokens that the gateway requests."""
