"""The facts about a text that its readers share: positions, plain scalars, errors of libyaml, match ends, closest names."""
