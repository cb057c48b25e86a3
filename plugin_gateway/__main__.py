"""`python -m plugin_gateway` is the command `plugin-gateway`."""

from plugin_gateway.cli import main

if __name__ == "__main__":
    main()
