"""gateway.yaml, from text to one frozen value."""
