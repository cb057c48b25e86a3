"""How much may pass: rates and concurrency, counted in this gateway's own memory or in a Redis that replicas share."""
