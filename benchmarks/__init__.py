"""Side-by-side measurements of plugin-gateway and the proxies people would otherwise use. Nothing here is asserted."""
