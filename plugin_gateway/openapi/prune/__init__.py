"""Pruning: cutting a document down to the kept operations."""
