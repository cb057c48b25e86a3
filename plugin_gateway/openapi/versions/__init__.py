"""Versions: translating a document to another version of OpenAPI."""
