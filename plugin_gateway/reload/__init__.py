"""Reloading: notices a change, compiles in a child process, and swaps the revision in one step."""
