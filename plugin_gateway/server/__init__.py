"""The processes: one supervisor, which holds the sockets but no calls, and the workers, which serve the calls."""
