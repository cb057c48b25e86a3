"""The command of a compiling child: `python -m plugin_gateway.reload HOW`, run by the supervisor."""

import gc
import sys

if __name__ == "__main__":
    # This process ends before its memory matters, and collecting cycles in a large document takes half the time.
    gc.disable()
    from plugin_gateway.reload.child import main

    main(sys.argv[1])
