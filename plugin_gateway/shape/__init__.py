"""Shapes: what a permitted call may carry, and how much of its answer the client gets. Pure: plain values in and out."""
