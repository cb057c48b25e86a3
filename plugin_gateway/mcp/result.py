"""A result: what a model gets for one tool call, made of the API's answer or of the reason why there is none."""

from __future__ import annotations

import base64
import json
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import msgspec
import orjson

from plugin_gateway.mcp.left_out import LeftOut, cut_json, cut_text
from plugin_gateway.mcp.message import as_json
from plugin_gateway.mcp.next_page import next_arguments
from plugin_gateway.refusal import TITLES, problem_details

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from plugin_gateway.mcp.service import Offer
    from plugin_gateway.proxy.downlink import Answer
    from plugin_gateway.refusal import Refusal
    from plugin_gateway.tools.tool import Tool

LEFT_OUT_KEY: Final = "plugin-gateway/left-out"
NEXT_KEY: Final = "plugin-gateway/next"
PROBLEM_KEY: Final = "plugin-gateway/problem"
"""Keys in `_meta` of a result."""

JSON: Final = 0
TEXT: Final = 1
IMAGE: Final = 2
AUDIO: Final = 3
OTHER: Final = 4
_CONTENT_TYPE: Final = re.compile(rb"(?im)^content-type: *([^;\r\n ]*)[^\r\n]*")
_CHARSET: Final = re.compile(rb'(?i);[ \t]*charset="?(us-ascii|utf-8|iso-8859-1|windows-1252)"?')
_IS_JSON: Final = re.compile(r"application/(?:[a-z0-9.+_-]+\+)?json|text/json")
_IS_TEXT: Final = re.compile(
    r"text/.*|image/svg\+xml|.*\+(?:xml|yaml)|application/(?:xml|yaml|x-yaml|javascript|x-ndjson|jsonl|json-seq|toml|sql|graphql"
    r"|x-www-form-urlencoded|x-sh)"
)
_RETRY: Final = re.compile(rb"(?im)^retry-after: *([^\r\n]+)")
_LOCATION: Final = re.compile(rb"(?im)^location: *([^\r\n]+)")
_check_json: Final = msgspec.json.Decoder(msgspec.Raw).decode
_MOST_REMEMBERED: Final = 256
_contents: Final[dict[bytes, tuple[int, str, str]]] = {}
"""What field lines announce, for those seen lately: an upstream's differ only in their Date."""
_LINE_ENDS: Final = b"\r\n"
_NOTICE_BYTES: Final = 700
"""Room for a notice in a result that had to be cut."""
_PART_FOR_NEXT: Final = 16
"""The arguments for a next page may take one part in so many of a result."""
_MOST_DIGITS: Final = 4300
"""Clients in Python read no longer integer (CVE-2020-10735), and so cannot read a message that has one."""
_DIGITS_TO_ZEROS: Final = bytes.maketrans(b"123456789", b"0" * 9)
_LONG_RUN: Final = b"0" * (_MOST_DIGITS + 1)
_LONGEST_TYPE: Final = 255
"""Two names of 127 characters and a slash (RFC 6838, 4.2)."""
_MOST_PROBLEMS: Final = 20
_MOST_NAMES: Final = 60
_BEGUN: Final = "The beginning of the answer:\n"
_SHOWN: Final = 64


class Result:
    """The members of a tool's result, and those of its `_meta`, as JSON without the braces."""

    __slots__ = ("members", "meta")

    def __init__(self, members: bytes, meta: bytes = b"") -> None:
        self.members = members
        self.meta = meta


class Reply:
    """An answer of the API, as far as it was read, and the call that it belongs to."""

    __slots__ = ("answer", "arguments", "body", "has_more", "limit", "offer", "public_url", "target", "tool")

    def __init__(
        self,
        tool: Tool,
        arguments: Mapping[str, Any],
        target: bytes,
        answer: Answer,
        body: bytes,
        has_more: bool,  # a call by position is faster
        limit: int,
        public_url: str,
        offer: Offer,
    ) -> None:
        self.tool = tool
        self.arguments = arguments
        self.target = target
        self.answer = answer
        self.body = body
        self.has_more = has_more
        """The gateway stopped reading before the end of the body."""
        self.limit = limit
        self.public_url = public_url
        self.offer = offer
        """Tells how the client makes another call."""


def result_of(reply: Reply) -> Result:
    """Return the result for an answer: its content by its type, errors as such, and never more than the limit."""
    answer, body = reply.answer, reply.body
    block = answer.block
    content = _contents.get(block)
    if content is None:
        if len(_contents) >= _MOST_REMEMBERED:
            _contents.clear()
        content = _contents[block] = kind_of(block)
    if answer.status >= 300:
        return _redirect(reply) if answer.status < 400 else _error(reply)
    if not body:
        return _empty(reply)
    kind, media_type, charset = content
    if kind == JSON:
        return _json(reply)
    if kind == TEXT:
        text = _text_of(body, charset)
        return _text(reply, text if text is not None else body.decode("utf-8", "replace"))
    if kind == OTHER and not media_type:
        # Without a type, only the octets tell (RFC 9110, 8.3).
        text = _text_of(body, "utf-8")
        if text is not None:
            return _json(reply) if text.lstrip()[:1] in {"{", "["} else _text(reply, text)
    return _binary(reply, kind, media_type or "application/octet-stream")


def kind_of(block: bytes) -> tuple[int, str, str]:
    """Return the kind of content that field lines announce, its media type in lower case, and its charset."""
    found = _CONTENT_TYPE.search(block)
    if found is None or len(found[1]) > _LONGEST_TYPE:
        return OTHER, "", ""
    media_type = found[1].decode("latin-1").lower()
    if media_type == "application/json" or _IS_JSON.fullmatch(media_type):
        return JSON, media_type, ""
    if _IS_TEXT.fullmatch(media_type):
        charset = _CHARSET.search(found[0])
        return TEXT, media_type, charset[1].decode("ascii") if charset else "utf-8"
    if media_type.startswith("image/"):
        return IMAGE, media_type, ""
    return (AUDIO if media_type.startswith("audio/") else OTHER), media_type, ""


def _json(reply: Reply) -> Result:
    body = reply.body
    try:
        text = body.decode()
        if not reply.has_more:
            # It checks the grammar and makes no objects.
            _check_json(body)
    except (ValueError, RecursionError):
        # Of JSON that is nested too deeply to be checked, only the text can be shown.
        return _text(reply, body.decode("utf-8", "replace"))
    if len(body) > _MOST_DIGITS and _has_huge_integer(body):
        return _text(reply, text)
    quoted = orjson.dumps(text)
    is_object = body[:1] == b"{" or body.lstrip()[:1] == b"{"
    if reply.has_more or len(quoted) + len(body) > reply.limit - (0 if is_object else 16):
        return _cut_json(reply, _value_of(reply), is_object=is_object)
    if b"\n" in body or b"\r" in body:
        # Between the tokens of JSON a line end is white space. An event and a line of a stream may have none.
        body = body.translate(None, _LINE_ENDS)
    if not is_object:
        body = b'{"result":%b}' % body
    if b"next" in body or b"next" in reply.answer.block:
        items, meta = _next(reply, _value_of(reply))
        if len(quoted) + len(body) + sum(map(len, items)) > reply.limit:
            return _cut_json(reply, _value_of(reply), is_object=is_object)
        return of_json([quoted, *items], body, meta)
    return Result(
        b"".join((b'"content":[{"type":"text","text":', quoted, b'}],"structuredContent":', body, b',"isError":false'))
    )


def _has_huge_integer(body: bytes) -> bool:
    """Whether JSON has an integer with too many digits for clients, or may have one in the part that was not read."""
    if _LONG_RUN not in body.translate(_DIGITS_TO_ZEROS):
        return False
    try:
        # The digits may be those of a string or of a fraction.
        json.loads(body, parse_int=_check_digits)
    except (ValueError, RecursionError):
        return True
    return False


def _check_digits(integer: str) -> None:
    if len(integer.lstrip("-")) > _MOST_DIGITS:
        raise ValueError("too many digits")


def _value_of(reply: Reply) -> Any:
    """Return the value of the JSON; None if it was not read to its end, or has a number out of range."""
    return None if reply.has_more else _loaded(reply.body)


def _loaded(text: bytes) -> Any:
    """Return the value of JSON; None if it has a number out of range, half of a surrogate pair, or too many levels."""
    try:
        return orjson.loads(text)
    except ValueError:
        return None


def of_json(texts: Iterable[bytes], value: bytes, meta: bytes = b"") -> Result:
    """Return a result of texts, as JSON strings, and of a JSON object."""
    content = b'},{"type":"text","text":'.join(texts)
    return Result(
        b"".join((b'"content":[{"type":"text","text":', content, b'}],"structuredContent":', value, b',"isError":false')),
        meta,
    )  # fmt: skip


def _cut_json(reply: Reply, value: Any, *, is_object: bool) -> Result:
    room = max(reply.limit - reply.limit // _PART_FOR_NEXT - _NOTICE_BYTES, 0)
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
            return of_json(texts, structured, _joined(_member(LEFT_OUT_KEY, notice), meta))
        budget = budget * room // (len(quoted) + len(cut)) - 1
    text, kept = cut_text(reply.body.decode("utf-8", "replace"), max(room - 400, 0))
    left_out.kept(kept)
    notice = left_out.notice()
    return of_json(
        [orjson.dumps(text), orjson.dumps(left_out.sentence())],
        b'{"_left_out":' + orjson.dumps(notice) + b"}",
        _member(LEFT_OUT_KEY, notice),
    )


def _text(reply: Reply, text: str) -> Result:
    quoted = orjson.dumps(text)
    if not reply.has_more and len(quoted) <= reply.limit:
        items, meta = _next(reply, None)
        if len(quoted) + sum(map(len, items)) > reply.limit:
            items, meta = [], b""
        return of_texts([quoted, *items], reply.tool, meta)
    left_out = LeftOut(reply.tool, len(reply.body), has_more=reply.has_more)
    text, kept = cut_text(text, max(reply.limit - _NOTICE_BYTES, 0))
    left_out.kept(kept)
    notice = left_out.notice()
    return of_texts([orjson.dumps(text), orjson.dumps(left_out.sentence())], reply.tool, _member(LEFT_OUT_KEY, notice))


def of_texts(texts: Iterable[bytes], tool: Tool | None = None, meta: bytes = b"", *, is_error: bool = False) -> Result:
    """Return a result of texts, as JSON strings; `tool` is the one that was called, if the API answered."""
    content = b'},{"type":"text","text":'.join(texts)
    return _of_content(b'{"type":"text","text":' + content + b"}", tool, meta, is_error=is_error)


def _of_content(content: bytes, tool: Tool | None, meta: bytes = b"", *, is_error: bool = False) -> Result:
    # A client that knows an output schema insists on structured content, unless the call failed.
    structured = b',"structuredContent":{}' if tool is not None and tool.has_output_schema and not is_error else b""
    end = b',"isError":true' if is_error else b',"isError":false'
    return Result(b"".join((b'"content":[', content, b"]", structured, end)), meta)


def _binary(reply: Reply, kind: int, media_type: str) -> Result:
    body, tool = reply.body, reply.tool
    uri = reply.public_url + reply.target.decode("latin-1") if kind == OTHER else ""
    size = (len(body) + 2) // 3 * 4 + len(uri)
    if reply.has_more or size + _NOTICE_BYTES > reply.limit:
        left_out = LeftOut(tool, len(body), has_more=reply.has_more)
        left_out.kept(0)
        sentence = (
            f"The call succeeded. Its answer, {media_type} of {left_out.size}, is left out, because a result of this server has "
            f"at most {reply.limit} bytes. {left_out.advice()}"
        )
        return of_texts([orjson.dumps(sentence.strip())], tool, _member(LEFT_OUT_KEY, left_out.notice()))
    data, quoted_type = base64.b64encode(body), orjson.dumps(media_type)
    if kind == OTHER:
        resource = b"".join((b'{"uri":', orjson.dumps(uri), b',"mimeType":', quoted_type, b',"blob":"', data, b'"}'))
        return _of_content(b'{"type":"resource","resource":' + resource + b"}", tool)
    content = b"".join(
        (
            b'{"type":"image","data":"' if kind == IMAGE else b'{"type":"audio","data":"',
            data,
            b'","mimeType":',
            quoted_type,
            b"}",
        )
    )
    return _of_content(content, tool)


def _empty(reply: Reply) -> Result:
    said = f"The API answered {_status(reply.answer.status)}: the call succeeded, and the answer has no content."
    items, meta = _next(reply, None)
    return of_texts([orjson.dumps(said), *items], reply.tool, meta)


def _redirect(reply: Reply) -> Result:
    location = _LOCATION.search(reply.answer.block)
    said = f"The API answered {_status(reply.answer.status)}"
    if location is not None:
        where = location[1].decode("latin-1").strip()
        is_short = len(orjson.dumps(where)) <= reply.limit - _NOTICE_BYTES
        said += f" and refers to {where}" if is_short else f" and refers to a URL of {len(where)} characters"
    return of_texts([orjson.dumps(f"{said}. The gateway does not follow it.")], reply.tool)


def _error(reply: Reply) -> Result:
    answer, body = reply.answer, reply.body
    said = f"The API answered {_status(answer.status)}."
    if retry := _RETRY.search(answer.block):
        said += f" Retry after {_seconds(retry[1].decode('latin-1').strip())}."
    kind, media_type, charset = kind_of(answer.block)
    text = _text_of(body, charset or "utf-8") if body else ""
    if text is None:
        said += f" Its answer, {media_type or 'octets'} of {len(body)} bytes, is left out."
    else:
        if kind == JSON:
            text = text.strip()
        kept, _ = cut_text(text, max(reply.limit - _NOTICE_BYTES, 0))
        said += f"\n{kept}" if kept else ""
        if reply.has_more or len(kept) < len(text):
            said += "\nThe rest of the answer is left out."
    return of_texts([orjson.dumps(said)], reply.tool, is_error=True)


def refused(tool: Tool, refusal: Refusal, limit: int, begun: str = "") -> Result:
    """Return the result of a call that the gateway refused, or whose answer broke off after `begun`; it has `limit` bytes at most."""
    title = TITLES.get(refusal.code, "")
    said = " ".join(part for part in (f"{title}." if title else "", refusal.detail, refusal.hint) if part)
    retry = next((value for name, value in refusal.headers if name.lower() == b"retry-after"), b"")
    if retry:
        said += f" Retry after {_seconds(retry.decode('latin-1'))}."
    if refusal.members:
        said += f"\n{orjson.dumps(dict(refusal.members), default=str).decode()}"
    said, _ = cut_text(said, limit)
    texts = [orjson.dumps(said)]
    begun, _ = cut_text(begun, max(limit - len(texts[0]) - len(_BEGUN) - 2, 0))
    if begun:
        texts.append(orjson.dumps(_BEGUN + begun))
    return of_texts(texts, tool, b'"%b":%b' % (PROBLEM_KEY.encode(), problem_details(refusal)), is_error=True)


def wrong_arguments(tool: Tool, problems: Iterable[tuple[str, str]], limit: int) -> Result:
    """Return the result of a call that was not sent, with the problems of its arguments by name, in `limit` bytes at most."""
    found = [(clean(name[:_SHOWN]), clean(detail)) for name, detail in problems]
    lines = [f"- {name}: {detail}" if name else f"- {detail}" for name, detail in found[:_MOST_PROBLEMS]]
    if len(found) > _MOST_PROBLEMS:
        lines.append(f"- and {len(found) - _MOST_PROBLEMS} more")
        del found[_MOST_PROBLEMS:]
    names = ", ".join(argument.name for argument in tool.arguments[:_MOST_NAMES]) or "none"
    if len(tool.arguments) > _MOST_NAMES:
        names += f" and {len(tool.arguments) - _MOST_NAMES} more"
    said = f"The call was not sent. Correct its arguments:\n{chr(10).join(lines)}\nArguments of {tool.name}: {names}."
    said, _ = cut_text(said, limit)
    notice = {"code": "wrong-arguments", "errors": [{"argument": name, "detail": detail} for name, detail in found]}
    return of_texts(
        [orjson.dumps(said)], tool, b'"%b":%b' % (PROBLEM_KEY.encode(), orjson.dumps(notice)), is_error=True
    )


def _next(reply: Reply, value: Any) -> tuple[list[bytes], bytes]:
    """Return the text and the `_meta` member about the next page, if the answer names one that the same operation can return."""
    arguments = next_arguments(reply.tool, reply.arguments, reply.target, reply.answer.block, value, reply.public_url)
    if arguments is None:
        return [], b""
    name, arguments = reply.offer.call_of(reply.tool, arguments)
    shown = as_json(arguments).decode()
    if not shown or len(shown) > reply.limit // _PART_FOR_NEXT:
        return [], b""
    said = f"There is a next page: call {name} again with {shown}."
    return [orjson.dumps(said)], _member(NEXT_KEY, {"tool": name, "arguments": arguments})


def _member(key: str, value: Any) -> bytes:
    return b'"%b":%b' % (key.encode(), as_json(value))


def _joined(*members: bytes) -> bytes:
    return b",".join(member for member in members if member)


def _text_of(body: bytes, charset: str) -> str | None:
    try:
        return body.decode(charset)
    except UnicodeDecodeError:
        return None


def clean(text: str) -> str:
    """Return the text with question marks for lone surrogates, which no UTF-8 has."""
    return text.encode("utf-8", "replace").decode()


def _seconds(value: str) -> str:
    return f"{value[:_SHOWN]} seconds" if value.isdigit() else value[:_SHOWN]


def _status(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
