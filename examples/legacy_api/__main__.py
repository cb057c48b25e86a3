"""`python -m examples.legacy_api`: serve the example API on loopback until interrupted."""

from __future__ import annotations

import argparse
import os

import uvicorn

from .app import create_app

DEMO_KEY = "legacy-demo-key"


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m examples.legacy_api",
        description="An example legacy API. It expects the key in LEGACY_API_KEY in the header X-Api-Key.",
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=9100)
    arguments = parser.parse_args()
    app = create_app(os.environ.get("LEGACY_API_KEY") or DEMO_KEY)
    print(f"legacy API on http://{arguments.host}:{arguments.port}/api/v2", flush=True)
    uvicorn.run(app, host=arguments.host, port=arguments.port, log_level="warning", access_log=False, lifespan="off")


if __name__ == "__main__":
    main()
