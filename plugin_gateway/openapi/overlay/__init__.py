"""Overlays: the operator's changes of a document, as the OpenAPI Overlay Specification 1.0 and 1.1 describes them."""
