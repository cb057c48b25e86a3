"""Tools: the allowed operations as MCP and function-calling clients see them."""
