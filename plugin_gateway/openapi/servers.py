"""A server: the location of the API according to the document, for one operation or for all.

OpenAPI 3 has `servers` with variables in the operation, its path item or the document; the innermost list wins. Swagger 2.0 has
`schemes`, `host` and `basePath`. Relative URLs are relative to the document's URL.
"""

from __future__ import annotations

import re
from itertools import islice, product
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import urljoin, urlsplit

from msgspec import Struct

from plugin_gateway.openapi.refs import join_uri
from plugin_gateway.openapi.values import as_list

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plugin_gateway.openapi.document import Document, Json, JsonObject, Operation

ANY: Final = "\ue000"
"""Stands for a variable without a fixed value in a host or path. It is a private-use character, which URLs never contain."""

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_VARIABLE: Final = re.compile(r"\{([^{}]+)\}")
_MAX_READINGS: Final = 64
_HOST: Final = re.compile(rf"[a-z0-9_{ANY}](?:[a-z0-9._{ANY}-]*[a-z0-9_{ANY}])?\.?|\[[0-9a-f:.]+\]")
# To a URL parser `api.example.com/v1` is a relative path, but the author means a host.
_WITHOUT_SCHEME: Final = re.compile(
    r"(?:localhost|[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,})(?::[0-9]+)?(?:/.*)?"
)
# Placeholders that generators write if they have no host.
_SAYS_NOTHING: Final = frozenset(
    {
        "localhost",
        "127.0.0.1",
        "[::1]",
        "0.0.0.0",
        "[::]",
        "example.com",
        "www.example.com",
        "example.org",
        "example.net",
    }
)


class Server(Struct, frozen=True, kw_only=True):
    """One URL where an operation may be called, with a value for each variable.

    `scheme`, `host` and `port` are empty if the document omits them; the port also if it is the scheme's default. `prefix` has
    no trailing slash. `is_stated` is true if the document names the host and it is not a placeholder. `others` are the URLs for
    other values of the variables.
    """

    scheme: str = ""
    host: str = ""
    port: int | None = None
    prefix: str = ""
    is_stated: bool = False
    others: tuple[Server, ...] = ()

    @property
    def url(self) -> str:
        """The server's URL, or only its path if the host is unknown."""
        port = f":{self.port}" if self.port is not None else ""
        url = f"{self.scheme or 'https'}://{self.host}{port}{self.prefix}" if self.host else self.prefix or "/"
        return url.replace(ANY, "{…}")

    @property
    def is_known(self) -> bool:
        """Whether the document names the host and every variable has a fixed value."""
        return bool(self.host) and ANY not in self.host + self.prefix

    @property
    def readings(self) -> tuple[Server, ...]:
        return (self, *self.others)


class Where(Struct, frozen=True, kw_only=True):
    """The servers of an operation, in document order, and the level that lists them."""

    servers: tuple[Server, ...] = ()
    level: Literal["document", "path item", "operation"] = "document"

    @property
    def is_own(self) -> bool:
        """Whether the operation or its path item overrides the document's servers."""
        return self.level != "document"


def where_the_api_is(document: Document, operation: Operation | None = None) -> Where:
    """Return the servers of `operation`; without one, the servers of the document."""
    own = where_it_says_itself(document, operation) if operation is not None else None
    if own is not None:
        return own
    root, base = document.root, document.address
    if document.version == "2.0":
        return Where(servers=_read_all(_of_swagger(root, root.get("schemes")), base))
    return Where(servers=_read_all(as_list(root.get("servers")), base))


def where_it_says_itself(document: Document, operation: Operation) -> Where | None:
    """Return the servers in `operation` or its path item, or None if neither lists any."""
    base = document.address
    if document.version == "2.0":
        schemes = as_list(operation.node.get("schemes"))
        return (
            Where(servers=_read_all(_of_swagger(document.root, schemes), base), level="operation") if schemes else None
        )
    if written := as_list(operation.node.get("servers")):
        return Where(servers=_read_all(written, base), level="operation")
    if written := as_list(operation.path_item.get("servers")):
        return Where(servers=_read_all(written, base), level="path item")
    return None


def _of_swagger(root: JsonObject, schemes: Json) -> Iterator[JsonObject]:
    """Yield the servers of a 2.0 document as Server Objects of 3.0.

    https comes first: the order of `schemes` has no meaning.
    """
    host, base_path = root.get("host"), root.get("basePath")
    path = base_path.strip() if isinstance(base_path, str) else ""
    path = path if path.startswith("/") or not path else f"/{path}"
    if not isinstance(host, str) or not host.strip():
        # Without a host the API is on the document's host. Without a path too, the document does not locate the API.
        if path:
            yield {"url": path}
        return
    host = host.strip().rpartition("://")[2].rstrip("/")
    names = [name.lower() for name in as_list(schemes) if isinstance(name, str)]
    for scheme in sorted(names, reverse=True):
        yield {"url": f"{scheme}://{host}{path}"}
    if not names:
        # Without a scheme, the document's scheme applies.
        yield {"url": f"//{host}{path}"}


def _read_all(written: Iterable[Json], base: str) -> tuple[Server, ...]:
    return tuple(server for one in written if isinstance(one, dict) and (server := _read(one, base)) is not None)


def _read(written: JsonObject, base: str) -> Server | None:
    url = written.get("url")
    if not isinstance(url, str) or not url.strip():
        return None
    url, variables = url.strip(), written.get("variables")
    names = list(dict.fromkeys(_VARIABLE.findall(url)))
    values = [_values(variables.get(name) if isinstance(variables, dict) else None) for name in names]
    readings: list[Server] = []
    for chosen in islice(product(*values), _MAX_READINGS):
        filled = url
        for name, value in zip(names, chosen, strict=True):
            filled = filled.replace(f"{{{name}}}", value)
        server = _parse(filled, base)
        if server is not None and server not in readings:
            readings.append(server)
    if not readings:
        return None
    first, *others = readings
    return Server(
        scheme=first.scheme,
        host=first.host,
        port=first.port,
        prefix=first.prefix,
        is_stated=first.is_stated,
        others=tuple(others),
    )


def _values(variable: Json) -> list[str]:
    """Return the values of a variable, its default first. Without an `enum` every value is allowed (OpenAPI 3.1, 4.8.6)."""
    variable = variable if isinstance(variable, dict) else {}
    listed = variable.get("enum")
    values = [text for one in as_list(listed) if (text := _text(one)) is not None]
    default = _text(variable.get("default"))
    return list(dict.fromkeys([*([] if default is None else [default]), *(values or [ANY])]))


def _text(value: Json) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = str(value).strip()
    # A default such as `<your-tenant>` is a placeholder.
    return None if any(character in "{}<>" or character.isspace() for character in text) else text


def _parse(url: str, base: str) -> Server | None:
    """Parse a URL without variables. Return None if it is not an http(s) URL."""
    if url.startswith(f"{ANY}://"):
        url = url.removeprefix(f"{ANY}:")
    elif _WITHOUT_SCHEME.fullmatch(url):
        url = f"//{url}"
    is_relative = not re.match(r"[A-Za-z][A-Za-z0-9+.-]*:|//", url)
    if is_relative and not base and not url.startswith("/"):
        # The URL is relative to a document without a URL.
        return Server(prefix=ANY)
    try:
        parts = urlsplit(join_uri(base, url) if base else url)
    except ValueError:
        return None
    scheme = parts.scheme.lower()
    if scheme not in {"http", "https", ""}:
        return None
    host, port = _authority(parts.netloc)
    prefix = urlsplit(urljoin("http://host/", parts.path or "/")).path.rstrip("/")
    return Server(
        scheme=scheme,
        host=host,
        port=None if port == _DEFAULT_PORTS.get(scheme or "https") else port,
        prefix=prefix,
        is_stated=not is_relative and _is_name(host),
    )


def _is_name(host: str) -> bool:
    """Return False for a placeholder, and for a variable without a domain around it."""
    return host not in _SAYS_NOTHING and (bool(host) if ANY not in host else "." in host.strip(f".{ANY}"))


def _authority(netloc: str) -> tuple[str, int | None]:
    """Return host and port, without user name and password. The host may be empty."""
    host, colon, port = netloc.rpartition("@")[2].lower().rpartition(":")
    if not colon or port.endswith("]"):
        host, port = netloc.rpartition("@")[2].lower(), ""
    if not _HOST.fullmatch(host):
        return "", None
    return host, int(port) if re.fullmatch(r"[0-9]{1,5}", port) else None
