"""Descriptions: turns the description of an operation into the one that clients see, and into the shape of its calls.

Only a compile imports these modules; no call runs them.
"""
