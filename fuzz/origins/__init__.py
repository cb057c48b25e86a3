"""Fuzzing with real origins: hostile callers in front of a running gateway, real servers and frameworks behind it."""
