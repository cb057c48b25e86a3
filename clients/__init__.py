"""Real clients of OpenAPI documents, each in its own virtual environment. `make clients` tests them on documents that the gateway serves."""
