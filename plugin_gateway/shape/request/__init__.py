"""Requests: judges the parameters and the body of each call, and rewrites them for the upstream."""
