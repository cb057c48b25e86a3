"""The facts about a text that its readers share: positions, scalars, matches, near names, errors of libyaml and the system."""
