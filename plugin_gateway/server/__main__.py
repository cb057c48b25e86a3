"""The command of a worker: `python -m plugin_gateway.server FD FRONT COUNTS TOKENS`, run by the supervisor."""

import gc
import signal
import sys

if __name__ == "__main__":
    # Ignore these before the long imports. A terminal sends SIGINT and SIGHUP to every process in it, but only the
    # supervisor acts on them.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    gc.disable()  # imports and a revision are no garbage; `server.worker` turns the collector on
    from plugin_gateway.server.worker import main

    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))  # type: ignore[arg-type]  # always a front: only the supervisor runs this
