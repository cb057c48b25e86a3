"""The upstream's credentials: the keys of a config as what is set on calls, and the access tokens that the gateway gets."""
