"""Exports: how the gateway describes itself to directories, registries and clients, besides its document and its manifest."""
