"""Answers: judges the answers of the upstream, and cuts them to the fields that clients get."""
