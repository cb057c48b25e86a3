"""A curl command: the method, the URL and the header fields of its call, so that a command from a manual can be pasted."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final, NamedTuple

from plugin_gateway.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# The options of curl with a value. All others are flags.
_SHORT: Final = frozenset("AbcCdDeEFhHKmoPQrtTuUwxXyYz")
_LONG: Final = frozenset(
    {
        "cacert", "capath", "cert", "cert-type", "ciphers", "config", "connect-timeout", "connect-to", "cookie", "cookie-jar", "data",
        "data-ascii", "data-binary", "data-raw", "data-urlencode", "dump-header", "form", "form-string", "header", "interface", "json",
        "key", "key-type", "limit-rate", "max-filesize", "max-redirs", "max-time", "oauth2-bearer", "output", "pass", "pinnedpubkey",
        "proxy", "proxy-user", "range", "referer", "request", "resolve", "retry", "retry-delay", "retry-max-time", "tls-max",
        "unix-socket", "upload-file", "url", "url-query", "user", "user-agent", "write-out",
    }
)  # fmt: skip
_NAMES: Final = {"H": "header", "X": "request", "d": "data", "F": "form", "T": "upload-file", "I": "head", "G": "get"}
_DATA: Final = frozenset({"data", "data-ascii", "data-binary", "data-raw", "data-urlencode", "json"})


class CurlCall(NamedTuple):
    """What a command asks for."""

    method: str
    url: str
    headers: tuple[str, ...] = ()
    """As they were written, such as `X-Api-Key: abc`."""


def split_curl(words: Sequence[str]) -> list[str] | None:
    """Return the arguments of curl if the words are a curl command, in one word or in several; else None.

    Raises:
        UsageError: a quote in the word is not closed.
    """
    if len(words) == 1 and words[0].lstrip().startswith("curl "):
        try:
            words = shlex.split(words[0].replace("\\\n", " "))
        except ValueError:
            raise UsageError("the curl command has a quote that is not closed") from None
    return [*words[1:]] if words[:1] == ["curl"] else None


def read_curl(arguments: Sequence[str]) -> CurlCall:
    """Return the call that curl makes with these arguments.

    Raises:
        UsageError: there is no URL.
    """
    options: dict[str, str] = {}
    data: list[str] = []
    urls: list[str] = []
    headers: list[str] = []
    for name, value in _options(arguments):
        if name in ("", "url"):
            urls.append(value)
        elif name in _DATA:
            data.append(value)
        elif name == "header":
            headers.append(value)
        options[name] = value
    if not urls:
        raise UsageError("the curl command has no URL")
    method, url = "GET", urls[0]
    if "get" in options and data:
        url, hash_, fragment = url.partition("#")
        url += f"{'&' if '?' in url else '?'}{'&'.join(data)}{hash_}{fragment}"
    elif "head" in options:
        method = "HEAD"
    elif "upload-file" in options:
        method = "PUT"
    elif data or {"form", "form-string"} & options.keys():
        method = "POST"
    return CurlCall(options.get("request", method), url, tuple(headers))


def _options(arguments: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the long name and the value of each option; an argument that is no option has an empty name."""
    rest = iter(arguments)
    for argument in rest:
        if argument.startswith("--"):
            name, equals, value = argument[2:].partition("=")
            yield name, value if equals or name not in _LONG else next(rest, "")
        elif argument.startswith("-") and len(argument) > 1:
            letters = argument[1:]
            for at, letter in enumerate(letters):
                has_value = letter in _SHORT
                value = (letters[at + 1 :] or next(rest, "")) if has_value else ""
                yield _NAMES.get(letter, letter), value
                if has_value:
                    break
        else:
            yield "", argument
