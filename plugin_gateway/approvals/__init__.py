"""Approvals: calls that wait until a person approves them. Pure: plain values in and out, and the time comes from outside."""
