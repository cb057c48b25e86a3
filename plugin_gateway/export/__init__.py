"""Exports: what the gateway says of itself to directories, registries and clients, besides its document and its manifest."""
