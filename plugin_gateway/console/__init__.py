"""The console: pages on the admin listener that show and edit the allow-list."""
