"""The lock: what the document said about each allowed operation when the operator last agreed to it."""
