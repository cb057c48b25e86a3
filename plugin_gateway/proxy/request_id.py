"""A request id: what an answer and its access record have in common, and the id that a call is given which brought none."""

from __future__ import annotations

from itertools import chain, count
from os import urandom
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

FIELD: Final = b"X-Request-Id: "

_LAST_DIGITS: Final = [b"%02x" % number for number in range(256)]


def _ids(worker: str) -> Iterator[bytes]:
    """Every id of a worker. They are made by the block, since each forwarded call takes one."""
    blocks = (f"{worker}-{number:x}".encode() for number in count())
    return chain.from_iterable([block + digits for digits in _LAST_DIGITS] for block in blocks)


new_request_ids: Final = _ids(urandom(4).hex())
"""`next` of it is an id for a call that brought none."""
