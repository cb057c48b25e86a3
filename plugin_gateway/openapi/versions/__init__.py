"""Versions: a document in the words of another version of OpenAPI."""
