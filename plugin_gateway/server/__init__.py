"""The processes: one supervisor, which holds the sockets and no calls, and workers, which hold calls and one revision."""
