"""A cache of verdicts about credentials: bounded, each with its own end, none longer than the credential is good."""

from __future__ import annotations

from typing import Final, Generic, TypeVar

MAX_ENTRIES: Final = 10_000

Verdict = TypeVar("Verdict")


class VerdictCache(Generic[Verdict]):
    """Verdicts by digest of the credential; the credential itself is not kept. Times are the caller's clock."""

    def __init__(self, max_entries: int = MAX_ENTRIES) -> None:
        self._max_entries = max_entries
        self._verdicts: dict[bytes, tuple[float, Verdict]] = {}

    def get(self, digest: bytes, now: float) -> Verdict | None:
        found = self._verdicts.get(digest)
        if found is None:
            return None
        if now >= found[0]:
            del self._verdicts[digest]
            return None
        return found[1]

    def put(self, digest: bytes, verdict: Verdict, *, until: float) -> None:
        """Keep a verdict; the oldest one goes where there is no room."""
        self._verdicts.pop(digest, None)
        if len(self._verdicts) >= self._max_entries:
            del self._verdicts[next(iter(self._verdicts))]
        self._verdicts[digest] = (until, verdict)

    def __len__(self) -> int:
        return len(self._verdicts)
