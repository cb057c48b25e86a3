"""Real clients of OpenAPI documents, each in a virtual environment that holds no other: `make clients` tries them on what the gateway serves."""
