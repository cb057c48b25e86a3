"""A request id: joins an answer to its access record. A call that brought none gets a new one."""

from __future__ import annotations

from itertools import chain, count
from os import urandom
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

FIELD: Final = b"X-Request-Id: "

_LAST_DIGITS: Final = [b"%02x" % number for number in range(256)]


def _ids(worker: str) -> Iterator[bytes]:
    """Yield the ids of a worker. They are made in blocks, since each forwarded call takes one."""
    blocks = (f"{worker}-{number:x}".encode() for number in count())
    return chain.from_iterable([block + digits for digits in _LAST_DIGITS] for block in blocks)


new_request_ids: Final = _ids(urandom(4).hex())
"""Call `next` on it for a new id."""
