"""gateway.yaml, from text to one frozen value. Nothing is imported here: pydantic takes a tenth of a second."""
