"""Overflow: handles an answer that is larger than `limits.response_body`.

If the size is known before the first byte is sent, the answer becomes problem details or, with `truncate` and JSON, as
many whole items of its outermost array as fit. JSON of unknown length is held back until its size is known. Any other
body of unknown length streams, and is cut at the limit so that it cannot look complete.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from plugin_gateway.proxy.answer_head import Answer
from plugin_gateway.refusal import Refusal

JSON_TYPE: Final = re.compile(rb"(?im)^content-type: *application/(?:[a-z0-9.+-]+\+)?json *(?:;|\r)")
CODED: Final = re.compile(rb"(?im)^content-encoding: (?!identity\r)")
# Fields that describe the whole representation; they would be wrong for a part of it.
OF_THE_WHOLE: Final = (
    b"accept-ranges:", b"content-digest:", b"content-length:", b"content-md5:", b"digest:", b"etag:",
    b"last-modified:", b"repr-digest:",
)  # fmt: skip
_TRUNCATED: Final = b"X-Response-Truncated: true\r\n"
# RFC 8259. Strings and numbers match whole or not at all: the commas and brackets in a string that the limit cuts must
# not be read as structure.
_TOKEN: Final = re.compile(
    rb"""[ \t\r\n]*(?:
        (?P<string>"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+")
        | (?P<scalar>(?:-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null)(?=[ \t\r\n,\]}]))
        | (?P<mark>[\[\]{},:])
    )""",
    re.VERBOSE,
)
_MAX_DEPTH: Final = 32
_CLOSERS: Final = {b"[": b"]", b"{": b"}"}
# The tokens that may come next: a mark stands for itself, `s` for a string, `0` for another scalar.
_VALUE: Final = b"[{s0"
_ITEM_OR_END: Final = b"[{s0]"
_NAME: Final = b"s"
_NAME_OR_END: Final = b"s}"
_COLON: Final = b":"
_AFTER_ITEM: Final = b",]"
_AFTER_MEMBER: Final = b",}"
_NOTHING: Final = b""


class Cap(NamedTuple):
    """The limit of an answer, and whether a larger JSON answer is truncated instead of refused."""

    limit_bytes: int
    truncates: bool = False


class Piece(NamedTuple):
    """Bytes that can be sent now. The first piece has a head, later ones have none."""

    answer: Answer | None
    data: bytes
    is_last: bool


class CappedAnswer:
    """One answer that may exceed the limit."""

    def __init__(self, cap: Cap, answer: Answer) -> None:
        self._cap = cap
        self._answer: Answer | None = answer
        self._is_json = (
            JSON_TYPE.search(answer.block) is not None and CODED.search(answer.block) is None and answer.status != 206
        )
        self._is_known_to_overflow = answer.length > cap.limit_bytes
        self._held: list[bytes] = []
        self._seen_bytes = 0

    def feed(self, data: bytes, *, is_complete: bool) -> Piece | Refusal | None:
        """Take the next piece of the body; return a piece to send, a refusal, or None to wait for more.

        After a refusal or the last piece, ignore the rest of the upstream's body.
        """
        cap = self._cap
        if self._is_known_to_overflow and not (self._is_json and cap.truncates):
            return too_large(cap.limit_bytes)
        self._seen_bytes += len(data)
        if self._is_json:
            self._held.append(data)
        if self._seen_bytes > cap.limit_bytes:
            return self._overflow()
        if not self._is_json:
            answer, self._answer = self._answer, None
            return Piece(answer, data, is_complete)
        if not is_complete:
            return None
        return Piece(self._answer, b"".join(self._held), is_last=True)

    def _overflow(self) -> Piece | Refusal:
        cap, answer = self._cap, self._answer
        text = None
        if self._is_json and cap.truncates and answer is not None:
            text = truncated(b"".join(self._held), cap.limit_bytes)
        if text is None or answer is None:
            return too_large(cap.limit_bytes)
        return Piece(_head_of_part(answer, len(text)), text, is_last=True)


def too_large(limit_bytes: int) -> Refusal:
    return Refusal(
        status=413,
        code="response-too-large",
        detail=f"The answer to this call exceeds this gateway's limit of {limit_bytes} bytes.",
        hint="Ask for less: a smaller page, fewer fields, or a narrower search.",
        members={"limit_bytes": limit_bytes},
    )


def truncated(text: bytes, limit_bytes: int) -> bytes | None:
    """Cut JSON, perhaps only its beginning, after the last whole item that fits, and close the open containers.

    The outermost array is cut, so that no item is incomplete. If not even its first item fits, an array inside this item is
    cut. If the whole array fits, the text after it is dropped. Return None if there is no such place, or the text is not JSON.
    """
    cut = _cut(text, limit_bytes)
    if cut is None:
        return None
    try:
        cut.decode()
    except UnicodeDecodeError:
        return None
    return cut


def _cut(text: bytes, limit_bytes: int) -> bytes | None:
    whole_array = 0, b""
    opened: list[bytes] = []
    last_items: list[int] = []
    wanted, at = _VALUE, 0
    while token := _TOKEN.match(text, at, limit_bytes):
        at = token.end()
        kind = token["mark"] or (b"s" if token["string"] else b"0")
        if kind not in wanted:
            return None
        if kind in b",]" and opened[-1] == b"[" and wanted == _AFTER_ITEM:
            end = token.start()
            if end + len(opened) <= limit_bytes:
                last_items[-1] = end
        if kind in _CLOSERS:
            if len(opened) == _MAX_DEPTH:
                break
            opened.append(kind)
            last_items.append(-1)
            wanted = _ITEM_OR_END if kind == b"[" else _NAME_OR_END
        elif kind == b",":
            wanted = _VALUE if opened[-1] == b"[" else _NAME
        elif kind == b":":
            wanted = _VALUE
        elif wanted == _NAME or (wanted == _NAME_OR_END and kind == b"s"):
            wanted = _COLON
        else:
            if kind in b"]}":
                opened.pop()
                if last_items.pop() > 0 and b"[" not in opened and at + len(opened) <= limit_bytes:
                    whole_array = at, _closers(opened)
            wanted = (_AFTER_ITEM if opened[-1] == b"[" else _AFTER_MEMBER) if opened else _NOTHING
    for depth, end in enumerate(last_items):
        if end > 0:
            return text[:end] + _closers(opened[: depth + 1])
    end, closers = whole_array
    return text[:end] + closers if end else None


def _closers(opened: list[bytes]) -> bytes:
    return b"".join(_CLOSERS[one] for one in reversed(opened))


def _head_of_part(answer: Answer, size: int) -> Answer:
    lines = answer.block.splitlines(keepends=True)
    kept = [line for line in lines if not line.lower().startswith(OF_THE_WHOLE)]
    block = b"".join((*kept, _TRUNCATED, b"Content-Length: %d\r\n" % size))
    return Answer(answer.status, block, size, is_chunked=False, keeps_alive=True)
