"""OpenAPI documents: read, followed, pruned, upgraded and rendered."""
