"""Hostile callers in front of a running gateway, and behind it the servers and frameworks that real APIs are made of."""
