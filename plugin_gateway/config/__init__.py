"""gateway.yaml, from text to one frozen value. Nothing is imported here: many commands need only a part of it."""
