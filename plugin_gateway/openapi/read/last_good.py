"""The last good copy: the last good answers for a document at a URL, kept in a file with their validators.

With the validators the gateway asks only for a newer version (RFC 9110, 13.1). If a server fails, the gateway uses the kept
answers.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from hashlib import sha256
from tempfile import mkstemp
from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec import field

from plugin_gateway.discreet import Discreet
from plugin_gateway.openapi.decode.extent import MAX_BYTES, MAX_PARTS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_FORMAT: Final = 1
_MAX_HEAD_BYTES: Final = 4 * 1024 * 1024


class FetchedBody(NamedTuple):
    """The body that a server sent, and its validators."""

    body: bytes
    etag: str = ""
    modified: str = ""


class LastGood(Discreet, frozen=True, kw_only=True):
    """The answers by the mark of their URL, and the time in Unix seconds at which they were last confirmed."""

    HIDDEN = ("answers",)

    answers: Mapping[str, FetchedBody] = field(default_factory=dict)
    confirmed_at: float = 0.0


NOTHING_KEPT: Final = LastGood()


def mark_of(url: str) -> str:
    """Return the name of a URL in the copy: a hash, because userinfo and query may be secret."""
    return sha256(url.encode(errors="surrogatepass")).hexdigest()[:32]


def load_last_good(path: Path) -> LastGood:
    """Read a copy. A file that is missing, damaged or from another version is no copy."""
    try:
        with path.open("rb") as file:
            head = json.loads(file.readline(_MAX_HEAD_BYTES))
            answers: dict[str, FetchedBody] = {}
            left = MAX_BYTES
            for mark, size, digest, etag, modified in head["answers"] if head["format"] == _FORMAT else ():
                body = file.read(min(size, left + 1))
                left -= len(body)
                if left < 0 or len(answers) > MAX_PARTS or sha256(body).hexdigest() != digest:
                    return NOTHING_KEPT
                answers[str(mark)] = FetchedBody(body, str(etag), str(modified))
            return LastGood(answers=answers, confirmed_at=float(head["confirmed_at"]))
    except (OSError, ValueError, KeyError, TypeError):
        return NOTHING_KEPT


def save_last_good(path: Path, copy: LastGood) -> None:
    """Write a copy in one step, readable only by this user. If the document needs a key, its copy is not public either.

    Raises:
        OSError: the file cannot be written.
    """
    answers = [
        [mark, len(one.body), sha256(one.body).hexdigest(), one.etag, one.modified]
        for mark, one in copy.answers.items()
    ]
    head = {"format": _FORMAT, "confirmed_at": copy.confirmed_at, "answers": answers}
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(json.dumps(head).encode() + b"\n")
            for one in copy.answers.values():
                file.write(one.body)
        os.replace(name, path)  # noqa: PTH105  # `name` is text
    except BaseException:
        with suppress(OSError):
            os.unlink(name)  # noqa: PTH108  # `name` is text
        raise
