"""The attack: a hostile caller that an operator runs against a gateway with their own config."""
