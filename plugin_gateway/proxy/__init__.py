"""The data plane: HTTP/1.1 heads and bodies, the upstream pool, the exchange, and the two fronts over it."""
