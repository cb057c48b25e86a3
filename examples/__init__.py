"""Examples for trying plugin-gateway."""
