"""Benchmarks: side-by-side measurements of plugin-gateway and other proxies. They report and do not assert."""
