"""The mistakes in a URL: what is wrong with the text, and what its author probably meant."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from plugin_gateway.config.mistake import Mistake, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOCAL: Final = re.compile(r"(?:localhost|127\.|10\.|192\.168\.|\[|[^.]*(?:[:/]|$))")
_PORT: Final = re.compile(r"(?:[^\]:]*|\[.*\]):([^:\]]*)")
_LIKE_A_HOST: Final = re.compile(r"[A-Za-z0-9\[][A-Za-z0-9._:\]-]*(?:/\S*)?")
_NUMBER: Final = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")


def find_url_mistake(text: object, *, schemes: tuple[str, ...], or_else: str = "") -> Mistake | None:
    """Return the mistake in the URL up to its path, or None. `or_else` ends the list of forms in the hint."""
    usual = f"write {' or '.join(f'{scheme}://…' for scheme in reversed(schemes))}{or_else}"
    if isinstance(text, list) and len(text) == 1 and isinstance(text[0], str):
        return Mistake("bad-url", "expected one URL", got=text, hint=f"write {text[0]}, without brackets or dash")
    if isinstance(text, dict) and "env" in text:
        hint = "set the URL in the environment, as PLUGIN_GATEWAY__UPSTREAM__URL sets `upstream.url`"
        return Mistake("bad-url", "a URL has no source", got=text, hint=hint)
    if not isinstance(text, str) or not text.strip():
        return Mistake("bad-url", "not a URL", got=text, hint=usual)
    scheme, separator, rest = text.partition("://")
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if "@" in authority or (":" in authority and "@" in rest and not _is_port_fine(authority)):
        return Mistake(
            "secret-in-url",
            "must not contain a user name or password",
            hint="use `credential: {basic: …}` for the upstream, `headers` for the document",
        )
    for message, hint in _wrong(text, scheme if separator else "", authority, rest, schemes):
        return Mistake("bad-url", message, got=text, hint=hint or usual)
    return None


def find_host_mistake(host: str) -> str:
    """Return what is wrong with a name or IPv4 address of legal characters; empty if it is fine."""
    labels = host.removesuffix(".").split(".")
    if not all(labels):
        return "a part of the host name is empty"
    if _NUMBER.fullmatch(labels[-1]):
        import ipaddress  # noqa: PLC0415  # rare, and `--help` does not pay for it

        try:
            ipaddress.IPv4Address(host)
        except ValueError:
            # inet_aton reads such names as addresses, differently on each system.
            return "a host that ends in a number must be an IPv4 address"
    return ""


def _wrong(text: str, scheme: str, authority: str, rest: str, schemes: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Yield message and hint for each mistake; an empty hint stands for the usual one."""
    if text != text.strip():
        yield "there is white space around the URL", f"write {text.strip()}"
    if re.search(r"\$\{?[A-Za-z_]|\{\{|%[A-Z_]+%", text):
        yield "variables are not expanded here", "set the URL in the environment, as PLUGIN_GATEWAY__UPSTREAM__URL"
    if placeholder := re.search(r"\{[^{}]*\}|<[^<>]*>", text):
        yield f"`{placeholder[0]}` is a placeholder", "replace it with its value"
    if match := re.match(r"(?i)(https?):\\+", text):
        yield (
            "a URL has slashes, not backslashes",
            f"write {text.replace(match[0], match[1] + '://').replace(chr(92), '/')}",
        )
    if not text.isprintable() or re.search(r"[\s\\<>\"']", text):
        yield "not a URL: it contains a space, quote, backslash or invisible character", ""
    if not scheme:
        yield from _without_scheme(text, schemes)
        return
    if scheme.lower() not in schemes:
        yield f"scheme `{scheme}` is not supported", nearest(scheme, schemes)
    if re.match(r"(?i)https?:?$", authority):
        yield "the URL has two schemes", f"write {rest}"
    if "," in authority:
        yield "only one address can be given", ""
    if not authority:
        yield "the host is missing", ""
    if authority.count(":") > 1 and not authority.startswith("[") and (bracketed := _bracketed(scheme, authority)):
        yield "an IPv6 address needs brackets", f"write {bracketed}"
    if (port := _PORT.fullmatch(authority)) and not _is_port_fine(authority):
        what = f"the port {port[1]} is not between 1 and 65535" if port[1] else "the port is missing after the colon"
        yield what, "write a port between 1 and 65535, or leave it out"


def _without_scheme(text: str, schemes: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if match := re.match(r"(?i)(https?)(?::[/\\]*|//)(?=[^/\s\\])", text):
        yield "there must be `://` after the scheme", f"write {match[1].lower()}://{text[match.end() :]}"
    bare = text.removeprefix("//")
    if text.startswith("/") and text == bare:
        yield "not a URL with a scheme", ""
    guess = ""
    if _LIKE_A_HOST.fullmatch(bare):
        # Hosts without a dot and private addresses rarely have TLS.
        scheme = "http" if _LOCAL.match(bare) and "http" in schemes else "https"
        guess = f"did you mean `{scheme}://{bare}`?"
    yield "not a URL with a scheme", guess


def _is_port_fine(authority: str) -> bool:
    port = _PORT.fullmatch(authority)
    return port is None or (re.fullmatch(r"[0-9]{1,5}", port[1]) is not None and 0 < int(port[1]) <= 65535)


def _bracketed(scheme: str, authority: str) -> str:
    """Put an IPv6 address in brackets, and what may be its port after them; empty if it is not an address."""
    import ipaddress  # noqa: PLC0415  # rare, and `--help` does not pay for it

    host, _, port = authority.rpartition(":")
    candidates = [(authority, "")]
    if re.fullmatch(r"[0-9]{2,5}", port):
        candidates.insert(0, (host, f":{port}"))
    for address, rest in candidates:
        try:
            return f"{scheme}://[{ipaddress.IPv6Address(address)}]{rest}"
        except ValueError:
            continue
    return ""
