"""Publishing: the served document, the manifest and the logo, built by pure functions."""
