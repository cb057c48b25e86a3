"""Hostile bytes by the million into the data plane, in process: no sockets, no clock, and nobody to be nice to."""
