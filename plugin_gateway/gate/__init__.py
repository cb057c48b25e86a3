"""The gate: finds the operation of a call and decides whether it may pass. Pure: plain values in, a permit or a refusal out."""
