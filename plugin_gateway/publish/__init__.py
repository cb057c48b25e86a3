"""What clients see: the served document, the manifest, the logo. Pure functions to bytes."""
