"""JSON values: their schemas, validators for them, and the texts that stand for them in a URL, a field, a form or a body."""
