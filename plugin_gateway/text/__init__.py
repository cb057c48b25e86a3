"""The text of a file, whatever it means: its lines and columns, the plain scalars of YAML, and the errors of libyaml."""
