"""Reloading: notice a change, compile aside, so that what is being served is touched by nothing but a swap."""
