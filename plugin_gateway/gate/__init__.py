"""Which operation a call is, and whether it may pass. Pure: plain values in, a permit or a refusal out."""
