"""A client script: it loads documents with one client, or makes one call. This module needs only the standard library.

A script runs in a virtual environment that has the client and not the gateway. It has two commands:

    python langchain.py load < paths      # prints a line of JSON for each document
    python langchain.py call URL          # prints the answer to one call of the operation `addBook` in the document at URL
"""

from __future__ import annotations

import json
import logging
import signal
import sys
import urllib.request
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    Document = dict[str, Any]

LOAD_BOUND_S = 60.0
"""Of processor time, so that a busy machine makes no difference."""
CALL = {"shelfId": "s1", "notify": "yes", "X-Reason": "a gift", "title": "Emma", "pages": 512}
"""The arguments of the one call: a parameter in the path, one in the query, one in a header, and two members of the body."""


def run(load: Callable[[Path, Document], list[str]], call: Callable[[str, Document], Any]) -> None:
    """Do what the command line asks for.

    `load` returns the names of the tools that the client makes from a document. `call` returns the API's answer.
    """
    warnings.filterwarnings("ignore")
    logging.disable(logging.CRITICAL)
    mode, *arguments = sys.argv[1:]
    if mode == "call":
        url = arguments[0]
        with urllib.request.urlopen(url, timeout=5) as answer:
            document = json.load(answer)
        print(json.dumps(call(url, document)))
        return
    signal.signal(signal.SIGPROF, _time_is_up)
    for line in sys.stdin:
        path = Path(line.strip())
        signal.setitimer(signal.ITIMER_PROF, LOAD_BOUND_S)
        try:
            outcome: dict[str, Any] = {"tools": load(path, json.loads(path.read_bytes()))}
        except BaseException as error:  # noqa: BLE001 - the report names every error of a client
            outcome = {"error": _in_one_line(error)}
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        print(json.dumps({"path": str(path), **outcome}), flush=True)


def _time_is_up(*_: object) -> None:
    raise TimeoutError(f"not loaded within {LOAD_BOUND_S:g} s of processor time")


def _in_one_line(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}"[:300]
