"""A relocation: replaces the upstream's URL by the public URL, in URI references and in text.

A reference at the upstream's origin and base path gets `public.url`. One at its origin but another path leads to a place that
clients cannot reach; it has no public form, so the caller omits it. Other references stay. They lose the query pairs that the
gateway sets itself, such as `api_key=…`, and the pairs that their operation hides or fixes. A renamed parameter gets the name
that clients of that operation use. If the gateway shares the host of the API, a reference below the path of `public.url` stays,
too.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import quote, unquote_to_bytes

from plugin_gateway.gate.override import fold_name
from plugin_gateway.gate.query import decode_name
from plugin_gateway.text.match_end import match_end

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from plugin_gateway.proxy.link_queries import LinkQueries
    from plugin_gateway.revision import UpstreamSettings

_SCHEME: Final = rb"(?:(?P<scheme>https?|wss?):)?"
_USERINFO: Final = rb"(?:[^/?#@\s\"'<>\\]*@)?"
_SEPARATOR: Final = re.compile(rb"(&(?:amp;)?|;)")
_NESTED: Final = 8
"""The maximum depth of URLs within URLs; text that is deeper is omitted."""
_DEFAULT_PORTS: Final = (b"80", b"443")
# The end of an authority in text. If a longer name, a port or an `@` follows, it is another host.
_AUTHORITY_ENDS: Final = rb"(?![A-Za-z0-9_.\-@]|:[0-9])"
_BEFORE_BARE: Final = rb"(?i)(?:(?<![A-Za-z0-9_.\-@:])|(?<=%2F)|(?<=%252F))"
# A reference ends at a character that no URI contains. A comma or the like may be part of it or end it, as in a list.
_REST: Final = re.compile(rb"(?:[^\s\"<>\\^`{|},;.')\]]|[,;.')\]](?![,;.')\]]{0,3}(?:[\s\"<>]|\Z)|(?:https?:)?//))*")
_REST_IN_JSON: Final = re.compile(rb"(?:[^\s\"<>\\]|\\/)*")
_REST_ENCODED: Final = re.compile(rb"[^\s\"<>\\&#,;']*")
_DOT_SEGMENT: Final = re.compile(rb"(?i)(?:\.|%2e){1,2}")


class OwnNames(NamedTuple):
    """The upstream's names of an operation's query parameters, each with the name that its clients write, percent-encoded."""

    path_template: str
    renamed: tuple[tuple[bytes, bytes], ...]


class Relocation:
    """The relocation from one upstream to one public URL; `query_names` are parameters that the gateway sets.

    `own` has the renamed parameters of the operation that answers, for references to its path template.
    `link_queries` finds the names of the operation that another reference leads to.
    """

    __slots__ = (
        "_at_public",
        "_at_upstream",
        "_bare",
        "_host",
        "_in_text",
        "_is_shared",
        "_knows_mount",
        "_knows_origin",
        "_link_queries",
        "_mount",
        "_new_names",
        "_own_path",
        "_own_sample",
        "_prefix",
        "_public",
        "_public_authority",
        "_query_names",
    )

    def __init__(
        self,
        upstream: UpstreamSettings,
        public_url: str,
        query_names: Iterable[bytes] = (),
        own: OwnNames | None = None,
        link_queries: LinkQueries | None = None,
    ) -> None:
        self._public = public_url.rstrip("/").encode()
        self._public_authority, slash, mount = self._public.partition(b"://")[2].partition(b"/")
        self._mount = slash + mount
        """The path of the public URL, such as `/plugin`."""
        self._is_shared = (
            re.fullmatch(_spellings(upstream.authority), self._public_authority, re.IGNORECASE) is not None
        )
        """Whether the upstream has the name of the public host: a reference to it may lead to the gateway already."""
        self._knows_mount = b"x-forwarded-prefix:" in upstream.forwarded.lower()
        self._prefix = upstream.prefix
        self._query_names = frozenset(fold_name(name) for name in query_names)
        self._link_queries = link_queries
        self._new_names = dict(own.renamed if own is not None else ())
        own_template = own.path_template if own is not None else ""
        self._own_sample = re.sub(r"\{[^{}]*\}", "0", own_template.partition("?")[0]).encode()
        """A path of the operation that answers."""
        self._own_path = _path_pattern(own_template)
        authority = _spellings(upstream.authority)
        self._host = _without_port(upstream.authority).lower()
        self._at_upstream = re.compile(rb"(?i)" + _SCHEME + rb"//" + _USERINFO + authority + rb"(?=[/?#]|\Z)")
        self._at_public = re.compile(
            rb"(?i)" + _SCHEME + rb"//" + _spellings(self._public_authority) + rb"(?=[/?#]|\Z)"
        )
        self._knows_origin = bool(upstream.forwarded or upstream.host_field)
        """Whether the upstream knows its public origin, and writes it, with a scheme of its choice, before its own path."""
        encoded = rb"(?:(?:https?|wss?)%3A)?%2F%2F" + _spellings(upstream.authority, rb"(?::|%3A)")
        self._in_text = tuple(
            (re.compile(rb"(?i)" + start + _AUTHORITY_ENDS), rest, read, write)
            for start, rest, read, write in (
                (_SCHEME + rb"//" + _USERINFO + authority, _REST, _as_it_is, _as_it_is),
                (_SCHEME + rb"\\/\\/" + authority, _REST_IN_JSON, _from_json, _to_json),
                (encoded, _REST_ENCODED, unquote_to_bytes, _encoded),
            )
        )
        # `api` may be any word; `api.internal` and `api:8080` are addresses.
        self._bare: re.Pattern[bytes] | None = None
        if b"." in upstream.authority or b":" in upstream.authority:
            self._bare = re.compile(_BEFORE_BARE + authority + _AUTHORITY_ENDS)

    def point(self, reference: bytes) -> bytes | None:
        """Return a URI reference as clients may see it; None if it is at the upstream but not below its base path.

        A relative reference without a leading `/` depends on the call, so it stays.
        """
        if at := self._at_upstream.match(reference):
            rest = reference[at.end() :]
            if not (self._is_shared and self._is_below_mount(rest)):
                if _is_below(rest, self._prefix):
                    return self._public_for(at["scheme"]) + self.without_keys(rest[len(self._prefix) :])
                if not self._is_shared or self._mount:
                    return None
            # The reference leads to the gateway already; the scheme and the user in it may still be the upstream's.
            origin = self._public_for(at["scheme"])
            return origin.removesuffix(self._mount) + self.without_keys(rest)
        if at := self._at_public.match(reference):
            rest = reference[at.end() :]
            if not self._knows_origin:
                # The upstream has the public URL from its own settings. The reference leads to the gateway already.
                is_ours = not self._mount or self._is_below_mount(rest)
                return at[0] + self.without_keys(rest) if is_ours else reference
            own = rest[len(self._mount) :] if self._is_below_mount(rest) else rest
            if not _is_below(own, self._prefix):
                return self.without_keys(reference)
            return self._public_for(at["scheme"]) + self.without_keys(own[len(self._prefix) :])
        if reference[:1] == b"/" and reference[1:2] not in (b"/", b"\\"):
            if not (self._prefix or self._mount):
                return self.without_keys(reference)
            has_mount = self._knows_mount and self._is_below_mount(reference)
            own = reference[len(self._mount) :] if has_mount else reference
            if _is_below(own, self._prefix):
                return self._public + self.without_keys(own[len(self._prefix) :])
            return self.without_keys(reference) if has_mount else None
        return reference if b"//" in reference.partition(b"?")[0] else self.without_keys(reference)

    def text(self, value: bytes) -> bytes | None:
        """Return text without the upstream's origin; None if a reference in it has no public form.

        References are found in plain form, with JSON escapes, and percent-encoded, as in a URL within a URL.
        """
        for _ in range(_NESTED):
            if self._host not in value.lower():
                return value
            moved = self._text(value)
            if moved is None or moved == value:
                return moved
            value = moved
        return None

    def _text(self, value: bytes) -> bytes | None:
        for start, rest, read, write in self._in_text:
            parts, at = [], 0
            while found := start.search(value, at):
                end = match_end(rest, value, found.end())
                pointed = self._pointed_in_text(read(found[0]), read(value[found.end() : end]))
                if pointed is None:
                    return None
                parts += [value[at : found.start()], write(pointed)]
                at = end
            if parts:
                value = b"".join((*parts, value[at:]))
        if self._bare is not None:
            public = self._public_authority
            value = self._bare.sub(lambda _: public, value)
        return value

    def path(self, path: bytes) -> bytes:
        """Return the path of a cookie as clients see it; without a mount, a path outside the base path stays."""
        if self._knows_mount and self._is_below_mount(path):
            return path
        own = path[len(self._prefix) :] or b"/" if self._prefix and _is_below(path, self._prefix) else path
        return self._mount + own if self._mount else own

    def is_host(self, name: bytes) -> bool:
        """Whether the name is the upstream's host."""
        return name.lower() == self._host

    def without_keys(self, reference: bytes) -> bytes:
        """Return the reference without the query pairs that the gateway sets itself, and with the names that clients use."""
        if not (self._query_names or self._new_names or self._link_queries) or b"?" not in reference:
            return reference
        before, mark, fragment = reference.partition(b"#")
        path, _, query = before.partition(b"?")
        pairs = _SEPARATOR.split(query)
        is_own = self._own_path.fullmatch(path) is not None
        unseen, new_names = self._query_names, self._new_names if is_own else {}
        if self._link_queries is not None:
            if is_own and path[:1] != b"/":
                path_led = self._own_sample
            else:
                path_led = path[len(self._mount) :] if self._is_below_mount(path) else path
            led = self._link_queries.at(path_led)
            unseen, new_names = unseen | led.unseen, {**led.renamed, **new_names}
        # Each pair except the first belongs to the separator before it.
        kept = [
            (separator, _with_new_name(pair, new_names))
            for separator, pair in zip([b"", *pairs[1::2]], pairs[::2], strict=True)
            if fold_name(decode_name(pair.partition(b"=")[0])) not in unseen
        ]
        if len(kept) == len(pairs[::2]) and not new_names:
            return reference
        query = b"".join(separator + pair for separator, pair in kept).removeprefix(kept[0][0]) if kept else b""
        return path + (b"?" + query if query else b"") + mark + fragment

    def _pointed_in_text(self, origin: bytes, rest: bytes) -> bytes | None:
        if rest[:1] in (b"/", b"?", b"#"):
            return self.point(origin + rest)
        # An origin alone is not a reference to its root; it names the whole site.
        scheme, colon, _ = origin.partition(b":")
        return self._public_for(scheme if colon else None) + rest

    def _public_for(self, scheme: bytes | None) -> bytes:
        is_websocket = scheme is not None and scheme[:2].lower() == b"ws"
        return b"ws" + self._public.removeprefix(b"http") if is_websocket else self._public

    def _is_below_mount(self, path: bytes) -> bool:
        """Whether a path on the public host leads to the gateway, if the gateway shares the host."""
        return bool(self._mount) and _is_below(path, self._mount)


def _with_new_name(pair: bytes, new_names: Mapping[bytes, bytes]) -> bytes:
    name, equals, value = pair.partition(b"=")
    new = new_names.get(decode_name(name))
    return pair if new is None else new + equals + value


def _path_pattern(template: str) -> re.Pattern[bytes]:
    """Return a pattern for paths that end with a path of the template, and for paths relative to the call's own path."""
    *above, last = (
        rb"[^/?#]+".join(re.escape(literal.encode()) for literal in re.split(r"\{[^{}]*\}", segment))
        for segment in template.partition("?")[0].removeprefix("/").split("/")
    )
    # `orders` in an answer of `/shop/orders` is `/shop/orders` itself (RFC 3986, 5.2.3).
    relative = b""
    for segment in above:
        relative = rb"(?:" + relative + segment + rb"/)?"
    whole = rb".*/" + b"/".join((*above, last))
    return re.compile(rb"|(?:" + whole + rb"|" + relative + last + rb")/?", re.DOTALL)


def _is_below(path: bytes, prefix: bytes) -> bool:
    """Whether a path is the prefix or below it, even after its dot segments are removed (RFC 3986, 5.2.4)."""
    if not prefix:
        return True
    if not path.startswith(prefix):
        return False
    below = path[len(prefix) :]
    if below[:1] not in (b"", b"/", b"?", b"#"):
        return False
    depth = 0
    for segment in re.split(rb"[?#]", below, maxsplit=1)[0].split(b"/")[1:]:
        if not _DOT_SEGMENT.fullmatch(segment):
            depth += 1
        elif len(unquote_to_bytes(segment)) == len(b".."):
            depth -= 1
        if depth < 0:
            return False
    return True


def _spellings(authority: bytes, colon: bytes = b":") -> bytes:
    """Return a pattern for the spellings of an authority: with a final dot, and with or without a default port."""
    host = _without_port(authority)
    port = authority[len(host) + 1 :]
    ports = colon + port if port not in (b"", *_DEFAULT_PORTS) else rb"(?:" + colon + rb"(?:80|443)?(?![0-9]))?"
    return re.escape(host).replace(b":", colon) + rb"\.?" + ports


def _without_port(authority: bytes) -> bytes:
    return re.sub(rb":[0-9]*\Z", b"", authority)


def _as_it_is(reference: bytes) -> bytes:
    return reference


def _from_json(text: bytes) -> bytes:
    return text.replace(rb"\/", b"/")


def _to_json(reference: bytes) -> bytes:
    return reference.replace(b"/", rb"\/")


def _encoded(reference: bytes) -> bytes:
    return quote(reference, safe="").encode()
