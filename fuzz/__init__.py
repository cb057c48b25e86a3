"""Fuzzing: millions of hostile messages sent into the data plane, in process, without sockets or a clock."""
