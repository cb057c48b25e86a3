"""A cache of verdicts about credentials. Its size is bounded, and each verdict has its own expiry time."""

from __future__ import annotations

from typing import Final, Generic, TypeVar

MAX_ENTRIES: Final = 10_000

Verdict = TypeVar("Verdict")


class VerdictCache(Generic[Verdict]):
    """Verdicts by the digest of the credential, which is not kept itself. The code that uses the cache passes in the time."""

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
        """Keep a verdict; if the cache is full, drop the oldest one."""
        self._verdicts.pop(digest, None)
        if len(self._verdicts) >= self._max_entries:
            del self._verdicts[next(iter(self._verdicts))]
        self._verdicts[digest] = (until, verdict)

    def __len__(self) -> int:
        return len(self._verdicts)
