"""Admission: limits on rates and concurrency, counted in the gateway's memory or in Redis, which replicas share."""
