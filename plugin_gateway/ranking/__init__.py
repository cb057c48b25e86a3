"""Ranking: finds the operations that fit the words of a person or a model, the best first."""
