"""A system reason: the words of the operating system for an error."""

from __future__ import annotations


def reason_of(error: OSError) -> str:
    """Return the operating system's reason in lower case, for the end of a message."""
    return (error.strerror or str(error)).lower()
