"""The example API: a typical legacy API of an order desk, with far more operations than a plugin should reach."""
