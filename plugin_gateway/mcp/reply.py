"""A reply: the API's answer to a tool call, and the result that it becomes."""

from __future__ import annotations

import base64
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import msgspec
import orjson

from plugin_gateway.mcp.content_kind import IMAGE, JSON, OTHER, TEXT, content_kind_of
from plugin_gateway.mcp.huge_integer import has_huge_integer
from plugin_gateway.mcp.left_out import LeftOut, cut_json, cut_text
from plugin_gateway.mcp.message import as_json
from plugin_gateway.mcp.next_page import next_arguments
from plugin_gateway.mcp.result import (
    LEFT_OUT_KEY,
    NEXT_KEY,
    Result,
    member,
    of_content,
    of_json,
    of_texts,
    seconds,
)

if TYPE_CHECKING:
    from plugin_gateway.mcp.service import Invocation, Offer
    from plugin_gateway.proxy.answer_head import Answer

_RETRY: Final = re.compile(rb"(?im)^retry-after: *([^\r\n]+)")
_LOCATION: Final = re.compile(rb"(?im)^location: *([^\r\n]+)")
_check_json: Final = msgspec.json.Decoder(msgspec.Raw).decode
_MOST_REMEMBERED: Final = 256
_contents: Final[dict[bytes, tuple[int, str, str, bool]]] = {}
"""By recent field lines: what they announce, and whether they may name a next page. An upstream's lines differ only in their
Date."""
_LINE_ENDS: Final = b"\r\n"
_NOTICE_BYTES: Final = 700
"""Room for a notice in a result that had to be cut."""
_PART_FOR_NEXT: Final = 16
"""The arguments for a next page may take at most a sixteenth of a result."""


class ResultTerms:
    """What the results of all calls of one view have in common."""

    __slots__ = ("limit", "offer", "public_url")

    def __init__(self, limit: int, public_url: str, offer: Offer) -> None:
        self.limit = limit
        """The most bytes of a result."""
        self.public_url = public_url
        self.offer = offer
        """Tells how the client makes another call."""


class Reply:
    """An answer of the API to one tool call. The body may be read only in part."""

    __slots__ = ("answer", "arguments", "body", "has_more", "target", "terms", "tool")

    def __init__(
        self,
        invocation: Invocation,
        target: bytes,
        answer: Answer,
        body: bytes,
        terms: ResultTerms,
        *,
        has_more: bool,
    ) -> None:
        self.tool = invocation.tool
        self.arguments = invocation.arguments
        self.target = target
        self.answer = answer
        self.body = body
        self.terms = terms
        self.has_more = has_more
        """The gateway stopped reading before the end of the body."""


def result_of(reply: Reply) -> Result:
    """Return the result for an answer: its content by its type, errors as such, and never more than the limit."""
    answer, body = reply.answer, reply.body
    block = answer.block
    content = _contents.get(block)
    if content is None:
        if len(_contents) >= _MOST_REMEMBERED:
            _contents.clear()
        content = _contents[block] = (*content_kind_of(block), b"next" in block.lower())
    if answer.status >= 300:
        return _redirect(reply) if answer.status < 400 else _error(reply)
    if not body:
        return _empty(reply)
    kind, media_type, charset, may_link = content
    if kind == JSON:
        return _json(reply, may_link)
    if kind == TEXT:
        text = _text_of(body, charset)
        return _text(reply, text if text is not None else body.decode("utf-8", "replace"))
    if kind == OTHER and not media_type:
        # Without a type, only the octets tell (RFC 9110, 8.3).
        text = _text_of(body, "utf-8")
        if text is not None:
            return _json(reply, may_link) if text.lstrip()[:1] in {"{", "["} else _text(reply, text)
    return _binary(reply, kind, media_type or "application/octet-stream")


def _json(reply: Reply, may_link: bool) -> Result:
    body = reply.body
    try:
        text = body.decode()
        if not reply.has_more:
            # It checks the grammar and makes no objects.
            _check_json(body)
    except (ValueError, RecursionError):
        # Of JSON that is nested too deeply to be checked, only the text can be shown.
        return _text(reply, body.decode("utf-8", "replace"))
    if has_huge_integer(body):
        return _text(reply, text)
    quoted = orjson.dumps(text)
    is_object = body[:1] == b"{" or body.lstrip()[:1] == b"{"
    if reply.has_more or len(quoted) + len(body) > reply.terms.limit - (0 if is_object else 16):
        return _cut_json(reply, _value_of(reply), is_object=is_object)
    # Searching for an int in bytes is four times as fast as searching for bytes, and `rfind` is twice as fast as `in`.
    if 0x0A in body or 0x0D in body:
        # Between the tokens of JSON a line end is white space. An event and a line of a stream may have none.
        body = body.translate(None, _LINE_ENDS)
    if not is_object:
        body = b'{"result":%b}' % body
    if may_link or (0x78 in body and (body.rfind(b"next") >= 0 or body.rfind(b"Next") >= 0)):
        items, meta = _next(reply, _value_of(reply))
        if len(quoted) + len(body) + sum(map(len, items)) > reply.terms.limit:
            return _cut_json(reply, _value_of(reply), is_object=is_object)
        return of_json([quoted, *items], body, meta)
    return Result(
        b"".join((b'"content":[{"type":"text","text":', quoted, b'}],"structuredContent":', body, b',"isError":false'))
    )


def _value_of(reply: Reply) -> Any:
    """Return the value of the JSON; None if it was not read to its end, or has a number out of range."""
    return None if reply.has_more else _loaded(reply.body)


def _loaded(text: bytes) -> Any:
    """Return the value of JSON; None if it has a number out of range, half of a surrogate pair, or too many levels."""
    try:
        return orjson.loads(text)
    except ValueError:
        return None


def _cut_json(reply: Reply, value: Any, *, is_object: bool) -> Result:
    room = max(reply.terms.limit - reply.terms.limit // _PART_FOR_NEXT - _NOTICE_BYTES, 0)
    left_out = LeftOut(reply.tool, len(reply.body), has_more=reply.has_more)
    # The text copy is longer than the JSON by its escapes, so the first guess may be too large.
    budget = room // 2
    for _ in range(6):
        cut = cut_json(reply.body, budget)
        if cut is None:
            break
        quoted = orjson.dumps(cut.decode())
        if len(quoted) + len(cut) <= room:
            left_out.count(value, _loaded(cut), len(cut))
            notice = left_out.notice()
            structured = cut.translate(None, _LINE_ENDS)
            if is_object:
                rest = structured.rstrip()[:-1].rstrip()
                comma = b"" if rest.endswith(b"{") else b","
                structured = b"".join((rest, comma, b'"_left_out":', orjson.dumps(notice), b"}"))
            else:
                structured = b"".join((b'{"result":', structured, b',"_left_out":', orjson.dumps(notice), b"}"))
            items, meta = _next(reply, value) if value is not None else ([], b"")
            texts = [quoted, orjson.dumps(left_out.sentence()), *items]
            return of_json(texts, structured, _joined(member(LEFT_OUT_KEY, notice), meta))
        budget = budget * room // (len(quoted) + len(cut)) - 1
    text, kept = cut_text(reply.body.decode("utf-8", "replace"), max(room - 400, 0))
    left_out.kept(kept)
    notice = left_out.notice()
    return of_json(
        [orjson.dumps(text), orjson.dumps(left_out.sentence())],
        b'{"_left_out":' + orjson.dumps(notice) + b"}",
        member(LEFT_OUT_KEY, notice),
    )


def _text(reply: Reply, text: str) -> Result:
    quoted = orjson.dumps(text)
    if not reply.has_more and len(quoted) <= reply.terms.limit:
        items, meta = _next(reply, None)
        if len(quoted) + sum(map(len, items)) > reply.terms.limit:
            items, meta = [], b""
        return of_texts([quoted, *items], reply.tool, meta)
    left_out = LeftOut(reply.tool, len(reply.body), has_more=reply.has_more)
    text, kept = cut_text(text, max(reply.terms.limit - _NOTICE_BYTES, 0))
    left_out.kept(kept)
    notice = left_out.notice()
    return of_texts([orjson.dumps(text), orjson.dumps(left_out.sentence())], reply.tool, member(LEFT_OUT_KEY, notice))


def _binary(reply: Reply, kind: int, media_type: str) -> Result:
    body, tool = reply.body, reply.tool
    uri = reply.terms.public_url + reply.target.decode("latin-1") if kind == OTHER else ""
    size = (len(body) + 2) // 3 * 4 + len(uri)
    if reply.has_more or size + _NOTICE_BYTES > reply.terms.limit:
        left_out = LeftOut(tool, len(body), has_more=reply.has_more)
        left_out.kept(0)
        sentence = (
            f"The call succeeded. Its answer, {media_type} of {left_out.size}, is left out, because a result of this server has "
            f"at most {reply.terms.limit} bytes. {left_out.advice()}"
        )
        return of_texts([orjson.dumps(sentence.strip())], tool, member(LEFT_OUT_KEY, left_out.notice()))
    data, quoted_type = base64.b64encode(body), orjson.dumps(media_type)
    if kind == OTHER:
        resource = b"".join((b'{"uri":', orjson.dumps(uri), b',"mimeType":', quoted_type, b',"blob":"', data, b'"}'))
        return of_content(b'{"type":"resource","resource":' + resource + b"}", tool)
    content = b"".join(
        (
            b'{"type":"image","data":"' if kind == IMAGE else b'{"type":"audio","data":"',
            data,
            b'","mimeType":',
            quoted_type,
            b"}",
        )
    )
    return of_content(content, tool)


def _empty(reply: Reply) -> Result:
    sentence = f"The API answered {_status(reply.answer.status)}: the call succeeded, and the answer has no content."
    items, meta = _next(reply, None)
    return of_texts([orjson.dumps(sentence), *items], reply.tool, meta)


def _redirect(reply: Reply) -> Result:
    location = _LOCATION.search(reply.answer.block)
    sentence = f"The API answered {_status(reply.answer.status)}"
    if location is not None:
        where = location[1].decode("latin-1").strip()
        is_short = len(orjson.dumps(where)) <= reply.terms.limit - _NOTICE_BYTES
        sentence += f" and refers to {where}" if is_short else f" and refers to a URL of {len(where)} characters"
    return of_texts([orjson.dumps(f"{sentence}. The gateway does not follow it.")], reply.tool)


def _error(reply: Reply) -> Result:
    answer, body = reply.answer, reply.body
    sentence = f"The API answered {_status(answer.status)}."
    if retry := _RETRY.search(answer.block):
        sentence += f" Retry after {seconds(retry[1].decode('latin-1').strip())}."
    kind, media_type, charset = content_kind_of(answer.block)
    text = _text_of(body, charset or "utf-8") if body else ""
    if text is None:
        sentence += f" Its answer, {media_type or 'octets'} of {len(body)} bytes, is left out."
    else:
        if kind == JSON:
            text = text.strip()
        kept, _ = cut_text(text, max(reply.terms.limit - _NOTICE_BYTES, 0))
        sentence += f"\n{kept}" if kept else ""
        if reply.has_more or len(kept) < len(text):
            sentence += "\nThe rest of the answer is left out."
    return of_texts([orjson.dumps(sentence)], reply.tool, is_error=True)


def _next(reply: Reply, value: Any) -> tuple[list[bytes], bytes]:
    """Return the text and the `_meta` member about the next page.

    Both are there only if the answer names a page that the same operation can return.
    """
    arguments = next_arguments(reply, value)
    if arguments is None:
        return [], b""
    name, arguments = reply.terms.offer.call_of(reply.tool, arguments)
    shown = as_json(arguments).decode()
    if not shown or len(shown) > reply.terms.limit // _PART_FOR_NEXT:
        return [], b""
    sentence = f"There is a next page: call {name} again with {shown}."
    return [orjson.dumps(sentence)], member(NEXT_KEY, {"tool": name, "arguments": arguments})


def _joined(*members: bytes) -> bytes:
    return b",".join(member for member in members if member)


def _text_of(body: bytes, charset: str) -> str | None:
    try:
        return body.decode(charset)
    except UnicodeDecodeError:
        return None


def _status(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
