"""Admission: limits on rates and concurrency, counted in the gateway's memory or in a Redis that replicas share."""
