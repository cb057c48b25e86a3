"""The facts about a text that its readers share: lines and columns, the plain scalars of YAML, and the errors of libyaml."""
