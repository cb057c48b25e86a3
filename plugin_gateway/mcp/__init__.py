"""The MCP face: JSON-RPC messages, tool calls as requests, and answers as results; no sockets."""
