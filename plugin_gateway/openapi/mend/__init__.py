"""Mending: a pruned document as clients can take it."""
