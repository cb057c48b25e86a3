"""Mending: correcting a pruned document so that clients can load it."""
