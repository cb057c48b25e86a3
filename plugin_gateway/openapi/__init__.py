"""OpenAPI documents: reading, resolving, pruning, upgrading and rendering them."""
