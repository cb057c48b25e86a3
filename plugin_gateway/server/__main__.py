"""`python -m plugin_gateway.server FD FRONT COUNTS TOKENS` is a worker; the supervisor starts it so."""

import signal
import sys

if __name__ == "__main__":
    # Before the long imports: Ctrl-C goes to every process of the terminal, SIGHUP when it closes, and both are the
    # supervisor's to act on.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    from plugin_gateway.server.worker import main

    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))  # type: ignore[arg-type]  # one of the fronts: only the supervisor calls us
