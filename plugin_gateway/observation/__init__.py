"""Observations: which operations of an API its callers use, and with which parameters and fields. No value is kept."""
