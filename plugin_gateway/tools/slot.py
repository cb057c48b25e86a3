"""A slot: the place of one argument in the requests of its tool. It writes values into a draft."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from plugin_gateway.config.header_names import is_cookie_name, is_field_name, is_never_forwarded
from plugin_gateway.gate.target import MAX_TARGET_BYTES
from plugin_gateway.shape.values.json_text import json_ascii
from plugin_gateway.shape.values.scalar import (
    UnwritableError,
    escape,
    escape_but_reserved,
    escape_but_reserved_in_path,
    escape_octets,
    plain,
    utf8,
)
from plugin_gateway.shape.values.style import DELIMITERS, bare, deep_object, form, label, matrix, simple
from plugin_gateway.tools.content import content_text
from plugin_gateway.tools.form import form_pairs
from plugin_gateway.tools.media import is_json
from plugin_gateway.tools.tool import PLAIN_ENCODING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from plugin_gateway.tools.draft import Draft
    from plugin_gateway.tools.path import Spot
    from plugin_gateway.tools.tool import Argument

MAX_FIELD_BYTES: Final = 8 * 1024
_MOST: Final = 1 << 62
# Values that need no escape in a path or query, and that make no segment of a path ambiguous.
_is_plain: Final = re.compile(r"[A-Za-z0-9\-_~]++(?:\.[A-Za-z0-9\-_~]++)*+").fullmatch
_find_unsafe_in_matrix: Final = re.compile("%25|%3B", re.IGNORECASE).search
# RFC 9110, 5.5, and RFC 6265, 4.1.1 without the characters that some parsers split at.
_is_field_value: Final = re.compile("[^\x00-\x08\n-\x1f\x7f]*+").fullmatch
_is_cookie_value: Final = re.compile(r"[!#-+\--:<-\[\]-~]*+").fullmatch
_OF_THE_BODY: Final = frozenset({b"content-type", b"content-encoding"})


class Slot:
    """The place of one argument.

    This is an abstract class and not a protocol because its subclasses share how they keep the argument.
    """

    __slots__ = ("argument", "name")

    takes_null = False
    """Whether null is a value; otherwise the argument counts as not given."""

    def __init__(self, argument: Argument) -> None:
        self.argument = argument
        self.name = argument.name

    def add(self, value: object, draft: Draft) -> None:
        """Write the value into the draft.

        Raises:
            UnwritableError: the value cannot be written here.
        """
        raise NotImplementedError


class PathSlot(Slot):
    """A value in the path: a segment, or a part of one."""

    __slots__ = ("_escaped", "_explode", "_is_alone", "_places", "_rivals", "_style")

    def __init__(self, argument: Argument, spots: Sequence[Spot], rivals: Collection[str]) -> None:
        """Take the values that may turn the path into another operation's (`tools.rivals`)."""
        super().__init__(argument)
        self._rivals = frozenset(rivals)
        self._places = tuple((spot.piece, spot.segment) for spot in spots)
        self._is_alone = all(spot.is_whole for spot in spots)
        self._style = argument.style
        self._explode = argument.explode
        self._escaped = escape_but_reserved_in_path if argument.allow_reserved else escape

    def add(self, value: object, draft: Draft) -> None:
        if type(value) is str and self._style == "simple" and _is_plain(value):
            text = value
            is_plain = self._is_alone
        else:
            text = self._write(value)
            is_plain = self._is_alone and _is_plain(text) is not None
        if self._rivals and (not is_plain or text in self._rivals):
            draft.is_doubtful = True
        for piece, segment in self._places:
            draft.path[piece] = text
            if not is_plain:
                draft.suspects.append(segment)

    def _write(self, value: object) -> str:
        _check_length(value)
        argument = self.argument
        if argument.media_type:
            text = self._escaped(content_text(argument.media_type, value))
        elif self._style == "label":
            text = label(value, explode=self._explode, escaped=self._escaped)
        elif self._style == "matrix":
            text = matrix(escape(self.name), value, explode=self._explode, escaped=self._escaped)
            if _find_unsafe_in_matrix(text):
                raise UnwritableError(
                    "must not contain `;` or `%`, because servers read them in different ways after a `;`"
                )
        else:
            text = simple(value, explode=self._explode, escaped=self._escaped)
        if not text:
            raise UnwritableError("must not be empty, because it is a part of the path")
        return text


class QuerySlot(Slot):
    """A query parameter."""

    __slots__ = ("_delimiter", "_escaped", "_escaped_name", "_explode", "_name", "_names", "_prefix", "_style")

    def __init__(self, argument: Argument, name: str, names: frozenset[str]) -> None:
        """Take the name in the query and the names of all parameters.

        A member of an exploded object may not have the name of another parameter.
        """
        super().__init__(argument)
        self._name = name
        self._escaped_name = escape_octets(name.encode(errors="replace"))
        self._prefix = self._escaped_name + "="
        self._style = "content" if argument.media_type else argument.style
        self._explode = argument.explode
        self._delimiter = DELIMITERS.get(argument.style, ",")
        self._escaped = escape_but_reserved if argument.allow_reserved else escape
        self._names = names

    def add(self, value: object, draft: Draft) -> None:
        _check_length(value)
        if self._style == "content":
            draft.pairs.append(self._prefix + self._escaped(content_text(self.argument.media_type, value)))
        elif type(value) is str and _is_plain(value):
            draft.pairs.append(self._prefix + value)
        elif type(value) is int and -_MOST < value < _MOST:
            draft.pairs.append(self._prefix + str(value))
        elif self._style == "deepObject":
            draft.is_doubtful = True
            draft.pairs += deep_object(self._name, value, escaped=self._escaped)
        else:
            if self._explode and isinstance(value, dict):
                draft.is_doubtful = True
                if taken := self._names.intersection(value) - {self.argument.wire_name}:
                    raise UnwritableError(
                        f"must not have the member `{min(taken)}`, because another argument has that name"
                    )
            draft.pairs += form(
                self._escaped_name, value, explode=self._explode, escaped=self._escaped, delimiter=self._delimiter
            )


class QueryStringSlot(Slot):
    """The whole query (OpenAPI 3.2, `in: querystring`)."""

    __slots__ = ()

    def add(self, value: object, draft: Draft) -> None:
        draft.is_doubtful = True
        media_type = self.argument.media_type
        if is_json(media_type):
            draft.pairs.append(escape(json_ascii(value)))
        elif isinstance(value, dict):
            for name, one in value.items():
                draft.pairs += form_pairs(name, one, PLAIN_ENCODING)
        elif text := escape(plain(value)):
            draft.pairs.append(text)


class SettledSlot(Slot):
    """A parameter whose value the path template settles, as in `/search?type=user` or `/#X-Amz-Target=Queues.List`."""

    __slots__ = ("_settled",)

    def __init__(self, argument: Argument, settled: str) -> None:
        super().__init__(argument)
        self._settled = settled

    def add(self, value: object, draft: Draft) -> None:  # noqa: ARG002  # every call has the pair already
        if plain(value) != self._settled:
            raise UnwritableError(f"must be `{self._settled}`")


class HeaderSlot(Slot):
    """A header field."""

    __slots__ = ("_field",)

    def __init__(self, argument: Argument) -> None:
        super().__init__(argument)
        self._field = argument.wire_name.encode().lower()

    @staticmethod
    def takes(name: str) -> bool:
        """Whether the gateway forwards a field of this name. OpenAPI says to ignore a declared Content-Type."""
        field = name.encode(errors="replace").lower()
        return is_field_name(field) and not is_never_forwarded(field) and field not in _OF_THE_BODY

    def add(self, value: object, draft: Draft) -> None:
        argument = self.argument
        if argument.media_type:
            text = content_text(argument.media_type, value)
        else:
            text = simple(value, explode=argument.explode, escaped=bare, escaped_name=bare)
        if not _is_field_value(text):
            raise UnwritableError("must not contain control characters or line ends, because it is a header field")
        if text != text.strip(" \t"):
            raise UnwritableError("must not begin or end with a blank, because it is a header field")
        draft.fields.append((self._field, _bounded(text)))


class CookieSlot(Slot):
    """A cookie. The gateway drops a value that servers read in different ways, so it is refused here."""

    __slots__ = ("_cookie",)

    def __init__(self, argument: Argument) -> None:
        super().__init__(argument)
        self._cookie = argument.wire_name

    @staticmethod
    def takes(name: str) -> bool:
        """Whether every server reads the name as the name of a cookie. The gateway forwards no other cookie."""
        return is_cookie_name(name.encode(errors="replace"))

    def add(self, value: object, draft: Draft) -> None:
        argument = self.argument
        if isinstance(value, dict) and argument.explode and not argument.media_type:
            raise UnwritableError("must not be an object, because each of its members would be another cookie")
        is_raw = argument.style == "cookie"
        escaped = bare if is_raw else escape
        if argument.media_type:
            pairs = [f"{self._cookie}={escape(content_text(argument.media_type, value))}"]
        else:
            # A raw comma begins another cookie for parsers of RFC 2109.
            delimiter = "," if is_raw else "%2C"
            pairs = form(self._cookie, value, explode=argument.explode, escaped=escaped, delimiter=delimiter)
        for pair in pairs:
            if not _is_cookie_value(pair.partition("=")[2]):
                raise UnwritableError(
                    "must not contain blanks, quotes, commas, semicolons, backslashes or characters outside ASCII, because it is a cookie"
                )
        _bounded("".join(pairs))
        # OpenAPI's table joins the values of an exploded list by `&`, so that they are one cookie.
        draft.cookies += pairs if is_raw or len(pairs) < 2 else ["&".join(pairs)]


class UnusedSlot(Slot):
    """An argument that has no place in a request.

    It is a path parameter that the template lacks, or a field that is not forwarded.
    """

    __slots__ = ()

    def add(self, value: object, draft: Draft) -> None:
        """Do nothing."""


def _check_length(value: object) -> None:
    """Refuse a text that is longer than a whole URL before time is spent on it.

    Raises:
        UnwritableError: it is.
    """
    if isinstance(value, str) and len(value) > MAX_TARGET_BYTES:
        raise UnwritableError(f"must not be longer than {MAX_TARGET_BYTES} characters, because it goes into the URL")


def _bounded(text: str) -> bytes:
    """Encode a field's value.

    Raises:
        UnwritableError: it is not Unicode text, or too long for a message head.
    """
    octets = utf8(text)
    if len(octets) > MAX_FIELD_BYTES:
        raise UnwritableError(f"must not be longer than {MAX_FIELD_BYTES} bytes, because it goes into the message head")
    return octets
