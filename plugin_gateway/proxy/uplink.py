"""The uplink: builds the head of a forwarded request from an allowlist of fields.

A field of the client reaches the upstream only if it is in the list below, declared by the operation, or named in
`upstream.headers.forward`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from plugin_gateway.config.header_names import COOKIE_NAME, NOT_WHERE_SEARCHED, fold_header, is_never_forwarded
from plugin_gateway.gate.override import fold_name
from plugin_gateway.proxy.request_id import FIELD

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugin_gateway.credentials.injection import Injection
    from plugin_gateway.gate.permit import OperationRule
    from plugin_gateway.proxy.wire import RequestFields
    from plugin_gateway.revision import UpstreamSettings
    from plugin_gateway.shape.shape import ParameterShape

_LISTED: Final = frozenset(
    {
        b"accept",
        b"idempotency-key",
        b"prefer",
        b"range",
        b"traceparent",
        b"tracestate",
        b"user-agent",
    }
)
_REQUEST_ID: Final = fold_header(b"x-request-id")
_LISTED_FAMILIES: Final = (b"accept-", b"content-", b"if-")
# RFC 6265, 4.1.1, with paired quotes or none. An RFC 2109 parser (Java, old Python and .NET) would see a comma, quote
# or space in a value as the start of the next cookie.
_COOKIE_PAIR: Final = re.compile(b"(" + COOKIE_NAME + rb")=(\"?)[!#-+\--:<-\[\]-~]*\2")
_METHODS_WITH_CONTENT: Final = frozenset({"POST", "PUT", "PATCH"})
_MEMO_NAMES: Final = 256


class Uplink:
    """The part of an operation's forwarded requests that does not depend on the request.

    `uplink_kind_of` names everything that it takes from a rule.
    """

    __slots__ = (
        "_after_target",
        "_cookie_names",
        "_cookie_shape",
        "_cookies",
        "_declared",
        "_empty_body",
        "_injected_names",
        "_verdicts",
        "end",
        "prefix",
        "query",
    )

    def __init__(
        self, rule: OperationRule, upstream: UpstreamSettings, injection: Injection, *, is_searched: bool = False
    ) -> None:
        """Prepare; `is_searched` says that answers are searched for secrets."""
        self.prefix = upstream.prefix
        """The prefix of the path of every call."""
        self.query = injection.query
        """The injected query pairs, without `?`."""
        encoding = b""
        if is_searched or rule.reads_answers:
            # The upstream is asked not to compress: a compressed answer must be decoded before it can be read.
            encoding = b"Accept-Encoding: identity\r\n"
        host = upstream.host_field or upstream.authority
        self._after_target = b" HTTP/1.1\r\nHost: " + host + b"\r\n" + encoding + upstream.forwarded
        self.end = b"\r\n" + b"".join(name + b": " + value + b"\r\n" for name, value in injection.headers) + b"\r\n"
        """The injected fields after the request id. They come last, so that no other line can follow them."""
        # The request id differs between calls, so it is not among the remembered lines.
        injected = {fold_header(name) for name, _ in injection.headers} | {_REQUEST_ID} | rule.withheld_headers
        if encoding:
            injected.update(map(fold_header, NOT_WHERE_SEARCHED))
        self._injected_names = frozenset(injected)
        self._declared = rule.header_names | upstream.forward_headers
        self._cookies = injection.cookies
        ours = {fold_name(pair.partition(b"=")[0]) for pair in _cookie_pairs(injection.cookies)}
        self._cookie_names = frozenset(name for name in rule.cookie_names if fold_name(name) not in ours)
        self._cookie_shape = _cookie_shape_of(rule)
        self._empty_body = b"Content-Length: 0\r\n" if rule.method in _METHODS_WITH_CONTENT else b""
        self._verdicts: dict[bytes, bool] = {}

    def after_target(self, request: RequestFields) -> bytes:
        """Return the head after the target, up to the request id.

        It holds the gateway's own lines, the request's lines that go up, and the framing of the body.
        """
        lines = [
            field.line for field in request.fields if self._passes(field.name) and field.name not in request.nominated
        ]
        cookies = self._kept_cookies(request) if self._cookie_names else []
        if self._cookie_shape is not None:
            cookies = self._cookie_shape.write_cookies(cookies)
        if self._cookies:
            cookies.append(self._cookies)
        if cookies:
            lines.append(b"Cookie: " + b"; ".join(cookies) + b"\r\n")
        if request.is_chunked:
            lines.append(b"Transfer-Encoding: chunked\r\n")
        elif request.content_length >= 0:
            lines.append(b"Content-Length: %d\r\n" % request.content_length)
        else:
            lines.append(self._empty_body)
        return b"".join((self._after_target, *lines, FIELD))

    def _passes(self, name: bytes) -> bool:
        verdict = self._verdicts.get(name)
        if verdict is None:
            verdict = (
                (name in _LISTED or name.startswith(_LISTED_FAMILIES) or name in self._declared)
                and not is_never_forwarded(name)
                and fold_header(name) not in self._injected_names
            )
            if len(self._verdicts) < _MEMO_NAMES:
                self._verdicts[name] = verdict
        return verdict

    def _kept_cookies(self, request: RequestFields) -> list[bytes]:
        """Return the declared cookies that every parser reads as one pair; others are dropped, not repaired."""
        kept: list[bytes] = []
        for field in request.fields:
            if field.name != b"cookie" or field.name in request.nominated:
                continue
            for pair in _cookie_pairs(field.value):
                match = _COOKIE_PAIR.fullmatch(pair)
                if match is not None and match[1] in self._cookie_names:
                    kept.append(pair)
        return kept


def uplink_kind_of(rule: OperationRule) -> tuple[object, ...]:
    """Return everything that an uplink takes from a rule: operations of one kind have the same uplink.

    `id` is a safe part of it, because the shapes live as long as their revision.
    """
    return (
        rule.header_names,
        rule.cookie_names,
        rule.withheld_headers,
        rule.reads_answers,
        rule.method in _METHODS_WITH_CONTENT,
        id(_cookie_shape_of(rule)),
    )


def _cookie_shape_of(rule: OperationRule) -> ParameterShape | None:
    parameters = rule.shape.parameters if rule.shape is not None else None
    return parameters if parameters is not None and parameters.changes_cookies else None


def _cookie_pairs(value: bytes) -> Iterable[bytes]:
    return (pair for part in value.split(b";") if (pair := part.strip(b" \t")))
