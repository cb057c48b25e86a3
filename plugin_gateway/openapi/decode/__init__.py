"""Decoding: turning the text of a document into values, lazily for large documents."""
