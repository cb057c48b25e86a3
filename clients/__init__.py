"""Real clients of OpenAPI documents and of MCP, each in a separate folder. `make clients` tries them on a running gateway."""
