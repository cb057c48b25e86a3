"""The attack: a hostile caller that an operator lets loose on the gateway with their own config."""
