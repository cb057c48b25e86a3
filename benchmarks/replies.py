"""The trimmer: how fast answers are cut, and how much memory an answer of 1 GiB takes.

`python -m benchmarks.replies` measures in this process and prints a table; it needs no network. The rows are like issues of GitHub's
API: nested objects and arrays, in which the same names occur again.
"""

from __future__ import annotations

import json
import resource
from time import process_time
from typing import Final

from plugin_gateway.shape.answer.cut import Branch, dropped, kept
from plugin_gateway.shape.answer.trim import trim
from plugin_gateway.shape.answer.trimmer import Trimmer

ROW: Final = {
    "id": 123456,
    "url": "https://api.example.com/repos/o/r/issues/1347",
    "title": "Found a bug in the thing",
    "user": {"login": "octocat", "id": 1, "email": "octocat@example.com", "site_admin": False},
    "labels": [{"id": 208045946, "name": "bug", "color": "f29513"}, {"id": 2, "name": "later", "color": "f29513"}],
    "state": "open",
    "body": 'I\'m having a problem with this.\nAnd more text, to be realistic about "quotes".',
    "score": 1.5,
    "created_at": "2011-04-22T13:33:48Z",
    "internal_notes": "a note that must not be shown",
    "cost_center": "cc-123",
}
_PIECE_BYTES: Final = 64 * 1024
_ROUNDS: Final = 7
CUTS: Final[dict[str, Branch]] = {
    "drop two fields": dropped([("*", "internal_notes"), ("*", "cost_center")]),
    "drop two fields, one of them nested": dropped([("*", "internal_notes"), ("*", "user", "email")]),
    "keep three fields": kept([("*", "id"), ("*", "title"), ("*", "user", "login")]),
}


def array_of(size: int) -> bytes:
    row = json.dumps(ROW, separators=(",", ":"))
    return f"[{','.join([row] * max(1, size // (len(row) + 1)))}]".encode()


def stream(text: bytes, branch: Branch, times: int = 1) -> int:
    """Cut an array of `times` the rows of `text`, and return how many bytes are kept."""
    trimmer = Trimmer(branch)
    sent = 0
    for number in range(times):
        rows = text if number == 0 else b"," + text[1:]
        rows = rows if number == times - 1 else rows[:-1]
        for at in range(0, len(rows), _PIECE_BYTES):
            sent += len(trimmer.feed(rows[at : at + _PIECE_BYTES]))
    return sent + len(trimmer.finish())


def speed(text: bytes, branch: Branch) -> float:
    """Return the MB/s of the best of some rounds."""
    times = max(1, 500_000 // len(text))
    best = float("inf")
    for _ in range(_ROUNDS):
        started = process_time()
        for _ in range(times):
            if len(text) < _PIECE_BYTES * 4:
                trim(text, branch)
            else:
                stream(text, branch)
        best = min(best, (process_time() - started) / times)
    return len(text) / best / 1e6


def main() -> None:
    sizes = {"1 kB": 1_000, "100 kB": 100_000, "10 MB": 10_000_000}
    print(f"| cut | {' | '.join(sizes)} |\n|---|{'---:|' * len(sizes)}")
    for name, branch in CUTS.items():
        print(f"| {name} |", *(f"{speed(array_of(size), branch):.0f} MB/s |" for size in sizes.values()))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    part = array_of(10_000_000)
    started = process_time()
    stream(part, CUTS["drop two fields"], (1 << 30) // len(part))
    seconds = process_time() - started
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"\n1 GiB: {seconds:.1f} s; the largest resident set grew by {(after - before) / 1024:.1f} MiB")


if __name__ == "__main__":
    main()
