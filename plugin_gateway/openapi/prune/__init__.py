"""Pruning: a document cut down to the operations that are kept."""
