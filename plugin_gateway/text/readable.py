"""Readable text: a text that another program wrote, without the characters that would control the terminal."""

from __future__ import annotations


def readable(text: str, kept: str = "\n\t") -> str:
    """Return the text with a mark in place of each control character, except those in `kept`; carriage returns are left out."""
    return "".join(c if c.isprintable() or c in kept else "" if c == "\r" else "\ufffd" for c in text)
