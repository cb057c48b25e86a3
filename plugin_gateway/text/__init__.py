"""The facts about a text that its readers share: lines and columns, plain scalars, the errors of libyaml, the closest names."""
