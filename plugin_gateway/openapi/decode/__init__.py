"""Decoding: the text of a document into values, or as much of it as is looked at."""
