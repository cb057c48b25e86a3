"""plugin-gateway: one allow-list in, every face out."""

__version__ = "0.1.0"
